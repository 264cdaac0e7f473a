import { ApiError } from '../request.ts'

/** The server's problems with a form, by the field they belong to; `rest` has those that belong to none. */
export function problemsByField(
  error: unknown,
  part: 'settings' | 'secrets',
  names: readonly string[],
): { readonly [name: string]: string } {
  if (!(error instanceof ApiError)) return {}
  return Object.fromEntries(
    error.problems.flatMap((problem) => {
      // `body.settings.apiUrl`, `settings.apiUrl` or `/settings/apiUrl`: the last part names the field.
      const place = 'field' in problem && typeof problem.field === 'string' ? problem.field : ''
      const parts = place.split(/[./]/)
      const name = names.find((one) => one === parts.at(-1))
      return name !== undefined && parts.includes(part) ? [[name, problem.message]] : []
    }),
  )
}
