/** “Xero: list invoices”, of `xero.list-invoices`: clients name the same step differently. */
export function sayOperation(operation: string): string {
  const [, system = '', name = ''] = /^([a-z0-9-]+)\.([a-z0-9-]+)$/.exec(operation) ?? []
  if (name === '') return operation.charAt(0).toUpperCase() + operation.slice(1)
  return `${system.charAt(0).toUpperCase()}${system.slice(1)}: ${name.replaceAll('-', ' ')}`
}
