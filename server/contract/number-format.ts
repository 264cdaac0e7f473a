/**
 * Between groups of three digits, and before decimals; read from how a person's choice (`Preferences.numbers`) writes
 * 1234.5. Without a choice: 1,234.5.
 */
export function separatorsOf(numbers: string | undefined): { readonly group: string; readonly decimal: string } {
  const [, group = ',', decimal = '.'] = /^1(\D)234(\D)5$/.exec(numbers ?? '') ?? []
  // A break inside a number would tear it.
  return { group: group === ' ' ? '\u00a0' : group, decimal }
}
