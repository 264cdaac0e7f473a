type Shown = { readonly id: string; readonly align?: 'end'; readonly wideOnly?: boolean }

const END: Shown = { id: '' }

/** Three numbers or more that follow each other: on a phone they stand side by side, each under its name. */
export function packedOf(columns: readonly Shown[]): ReadonlySet<string> {
  const packed = new Set<string>()
  let together: string[] = []
  for (const { id, align } of [...columns.filter(({ wideOnly }) => !wideOnly), END]) {
    if (align === 'end') together.push(id)
    else {
      if (together.length > 2) for (const one of together) packed.add(one)
      together = []
    }
  }
  return packed
}
