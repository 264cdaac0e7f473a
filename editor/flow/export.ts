import type { Flow } from '../../server/flow/document/flow.ts'

/** Saves the document as a file, as `import` takes it. */
export function saveFlow(flow: Flow, version: number | undefined): void {
  const address = URL.createObjectURL(new Blob([`${JSON.stringify(flow, null, 2)}\n`], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = address
  const name = flow.name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  link.download = `${name || 'flow'}${version === undefined ? '' : `-v${version}`}.json`
  link.click()
  URL.revokeObjectURL(address)
}
