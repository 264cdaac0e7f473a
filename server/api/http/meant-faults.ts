/** What Ajv says of one place; `schema` and `data` come with its option `verbose`. */
export type Fault = {
  readonly keyword?: string
  readonly instancePath?: string
  readonly schemaPath?: string
  readonly message?: string
  readonly params?: { readonly [name: string]: unknown }
  readonly schema?: unknown
  readonly data?: unknown
}

type Kind = { readonly properties?: { readonly [field: string]: { readonly const?: unknown } } }

/**
 * Of a value of several kinds that are told apart by a constant, such as `kind`, what is wrong with the kind that is meant:
 * what the others want is of no use to anybody. Where none is meant, which there are.
 */
export function meantFaults(faults: readonly Fault[]): readonly Fault[] {
  let left = faults
  for (const several of faults) {
    if (several.keyword !== 'anyOf' || !Array.isArray(several.schema)) continue
    const kinds = several.schema as readonly Kind[] // a schema of ours
    const field = Object.keys(kinds[0]?.properties ?? {}).find((name) =>
      kinds.every(({ properties }) => properties?.[name]?.const !== undefined),
    )
    if (field === undefined || typeof several.data !== 'object' || several.data === null) continue
    const { [field]: given } = several.data as { readonly [field: string]: unknown }
    const names = kinds.map(({ properties }) => properties?.[field]?.const)
    const meant = names.indexOf(given)
    const within = (fault: Fault, kind: number | '') =>
      fault.schemaPath?.startsWith(`${several.schemaPath}/${kind}`) ?? false
    left = left.filter((fault) => !within(fault, '') || (meant >= 0 && within(fault, meant)))
    if (meant < 0) {
      const at = { instancePath: `${several.instancePath ?? ''}/${field}`, params: { allowedValues: names } }
      left = [...left.filter((fault) => fault !== several), at]
    }
  }
  return left
}
