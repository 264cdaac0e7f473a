import type { Connector, LoginKind } from '../../../connectors/kit/connector.ts'
import type { FieldProblem } from '../../contract/shared.ts'
import { checkForm } from '../http/check-requests.ts'
import type { AppParts } from '../http/parts.ts'
import { ApiProblem } from '../http/problems.ts'

type Settings = { readonly [field: string]: unknown }
type Secrets = { readonly [field: string]: string }

/** The connector and login kind that a connection names. */
export function kindOf(parts: AppParts, connector: string, login: string): { connector: Connector; login: LoginKind } {
  const known = parts.connectors.find(({ name }) => name === connector)
  if (!known) {
    throw refused([
      { field: 'body.connector', message: `must be one of ${parts.connectors.map(({ name }) => name).join(', ')}` },
    ])
  }
  const kind = known.logins.find(({ name }) => name === login)
  if (!kind) {
    throw refused([
      { field: 'body.login', message: `must be one of ${known.logins.map(({ name }) => name).join(', ')}` },
    ])
  }
  return { connector: known, login: kind }
}

/** Fills in defaults. @throws ApiProblem CONNECTION_INVALID with every place that does not fit; values are not repeated. */
export function checkConnection(
  { connector, login }: { connector: Connector; login: LoginKind },
  settings: Settings,
  secrets: Secrets,
): { readonly settings: Settings; readonly secrets: Secrets } {
  const filled = { settings: structuredClone(settings), secrets: { ...secrets } }
  const problems = [
    ...checkForm(closed(connector.settings), filled.settings, 'body.settings'),
    ...checkForm(closed(login.secrets), filled.secrets, 'body.secrets'),
    ...checkAddresses(connector.settings, filled.settings),
  ]
  if (problems.length > 0) throw refused(problems)
  return filled
}

/**
 * A login that was entered for one host is not sent to another because somebody changed an address: whoever does so
 * enters it again.
 * @throws ApiProblem CONNECTION_INVALID
 */
export function keepLoginAtHome(
  connector: Connector,
  settings: { readonly before: Settings; readonly after: Settings },
  secrets: { readonly kept: Secrets; readonly entered: Secrets | undefined },
): void {
  const home = new Set(connector.hosts(settings.before))
  const foreign = [...new Set(connector.hosts(settings.after))].filter((host) => !home.has(host))
  if (foreign.length === 0) return
  const again = Object.entries(secrets.kept).filter(([name, value]) => value !== '' && !secrets.entered?.[name])
  if (again.length === 0) return
  throw refused(
    again.map(([name]) => ({
      field: `body.secrets.${name}`,
      message: `must be entered again, since the new address ${foreign.join(', ')} is not what it was entered for`,
    })),
  )
}

/**
 * What could never be called is not kept. Whether a host may be called, and by plain http, is judged when it is dialled:
 * names may lead elsewhere by then.
 */
function checkAddresses({ properties }: Connector['settings'], settings: Settings): FieldProblem[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    const declared: { readonly format?: string } = properties[name] ?? {}
    const isAddress = declared.format === 'uri' || /url$/i.test(name)
    if (!isAddress || typeof value !== 'string' || !URL.canParse(value)) return []
    const { protocol, username, password } = new URL(value)
    const field = `body.settings.${name}`
    if (protocol !== 'https:' && protocol !== 'http:') return [{ field, message: 'must begin with https://' }]
    if (username + password === '') return []
    return [{ field, message: 'must not carry a user name or password; choose a sign-in that has them' }]
  })
}

/** A field nobody knows is a misspelt one. */
const closed = (schema: object): object => ({ ...schema, additionalProperties: false })

function refused(problems: readonly FieldProblem[]): ApiProblem {
  const detail = problems.map(({ field, message }) => `${field.replace(/^body\./, '')} ${message}`).join('; ')
  return new ApiProblem('CONNECTION_INVALID', `${detail}.`, { problems })
}
