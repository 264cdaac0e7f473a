import {
  LOG_LEVELS,
  databaseUrl,
  folder,
  hexKey,
  hostName,
  hostPorts,
  issuer,
  logLevel,
  mailAddress,
  mailDomains,
  networks,
  optional,
  smtpUrl,
  collector,
  headerPairs,
  traceDays,
  webOrigin,
  webhookKey,
  whole,
} from './read-setting.ts'

/** One environment variable: what the README says of it, and how its text becomes a value. */
export type Variable<T = unknown> = {
  readonly name: string
  /** As text, the way it would be written; '' stands for unset. */
  readonly default: string
  readonly meaning: string
  readonly example: string
  /** Its value is never shown, not even in an error. */
  readonly secret?: true
  /** Throws a sentence that says what is wrong, without the value. */
  readonly read: (text: string) => T
}

/** Every variable the product reads, in the order of the README's table. */
const VARIABLES = {
  port: variable('PORT', '3000', 'TCP port of the web app and API; 0 takes any free one', '8080', whole(0, 65535)),
  host: variable('HOST', '127.0.0.1', 'address to listen on; 0.0.0.0 for every network', '0.0.0.0', hostName),
  publicUrl: variable(
    'PUBLIC_URL',
    '',
    'address people and remote systems reach the product at, for links, redirects and cookies; unset: http://localhost and the port',
    'https://tieline.example.com',
    optional(webOrigin),
  ),
  trustedProxies: variable(
    'TRUSTED_PROXIES',
    '',
    'proxies in front, as addresses or networks with commas between: theirs alone is X-Forwarded-For believed; unset: nobody’s. Needs PUBLIC_URL',
    '10.0.0.5,192.168.7.0/24',
    networks,
  ),
  databaseUrl: databaseVariable(
    'DATABASE_URL',
    'PostgreSQL 15 or newer to use, as the owner of its database; unset: the embedded one',
  ),
  databaseAppUrl: databaseVariable(
    'DATABASE_APP_URL',
    'login of your own for work inside one workspace, a member of tieline_app; unset: made by the product',
  ),
  databaseSystemUrl: databaseVariable(
    'DATABASE_SYSTEM_URL',
    'login of your own for work across workspaces, a member of tieline_system; unset: made by the product',
  ),
  databaseConnections: variable(
    'DATABASE_CONNECTIONS',
    '24',
    'connections to the database that this process keeps at most',
    '12',
    whole(5, 200),
  ),
  dataDir: variable(
    'DATA_DIR',
    './data',
    'folder for the embedded database and the secret key',
    '/var/lib/tieline',
    folder,
  ),
  databaseDisk: variable(
    'DATABASE_DISK',
    '',
    'folder on the disk of the database, where this process can see it: no events are taken while less than a tenth of it, or 2 GB, is free; unset: DATA_DIR with the embedded database, else none',
    '/var/lib/postgresql',
    optional(folder),
  ),
  logLevel: variable('LOG_LEVEL', 'info', `least level that is logged: ${LOG_LEVELS.join(', ')}`, 'debug', logLevel),
  secretKey: {
    ...variable(
      'SECRET_KEY',
      '',
      'key that seals connection secrets, 64 hexadecimal digits; unset: DATA_DIR/secret.key, made on the first start',
      'the output of "openssl rand -hex 32"',
      optional(hexKey),
    ),
    secret: true,
  },
  newSecretKey: {
    ...variable(
      'NEW_SECRET_KEY',
      '',
      'the key that is to replace SECRET_KEY: processes open with both while npm run keys:rotate replaces it',
      'the output of "openssl rand -hex 32"',
      optional(hexKey),
    ),
    secret: true,
  },
  hooksPerSecond: variable(
    'HOOKS_PER_SECOND',
    '1000',
    'events each hook takes per second in one process; twice as many at once after a quiet time',
    '50',
    whole(1, 100_000),
  ),
  xeroWebhookKey: {
    ...variable(
      'XERO_WEBHOOK_KEY',
      '',
      'webhook key of the Xero app; unset: /hooks/xero does not exist',
      'the key shown where the webhook is set up',
      optional(webhookKey),
    ),
    secret: true,
  },
  bigcommerceWebhookKey: {
    ...variable(
      'BIGCOMMERCE_WEBHOOK_KEY',
      '',
      'key that the secret headers of BigCommerce’s webhooks are derived from; unset: /hooks/bigcommerce does not exist',
      'the output of "openssl rand -hex 32"',
      optional(webhookKey),
    ),
    secret: true,
  },
  egressAllow: variable(
    'EGRESS_ALLOW',
    '',
    'private or plain-http addresses that connections may call, as exact host:port pairs with commas between',
    '127.0.0.1:4010,erp.internal:8443',
    hostPorts,
  ),
  evaluatorChildren: variable('EVALUATOR_CHILDREN', '2', 'processes that evaluate expressions', '4', whole(1, 64)),
  workerConcurrency: variable(
    'WORKER_CONCURRENCY',
    '4',
    'runs at work at the same time in this process, and half as many more of workspaces that have none at work in it',
    '8',
    whole(1, 100),
  ),
  leaseSeconds: variable(
    'LEASE_SECONDS',
    '15',
    'how long a run stays with a process that gives no sign of life, in seconds',
    '30',
    whole(1, 3600),
  ),
  traceDays: variable(
    'TRACE_DAYS',
    'short:7/90,standard:30/400,long:180/2600',
    'days that traces are kept, for each class a workspace can choose: records/steps',
    'short:3/30,standard:30/400,long:365/3650',
    traceDays,
  ),
  closingDays: variable(
    'CLOSING_DAYS',
    '30',
    'days between closing a workspace and deleting its data, in which it can be taken back',
    '90',
    whole(1, 3650),
  ),
  oidcIssuer: variable(
    'OIDC_ISSUER',
    '',
    'place of single sign-on (OpenID Connect) for the people of this installation; unset: none. Needs PUBLIC_URL',
    'https://login.example.com',
    optional(issuer),
  ),
  oidcClientId: variable(
    'OIDC_CLIENT_ID',
    '',
    'what that place calls this product',
    'tieline',
    optional((text) => text),
  ),
  oidcClientSecret: {
    ...variable(
      'OIDC_CLIENT_SECRET',
      '',
      'the secret that it was given there',
      'the secret shown when the client was made',
      optional((text) => text),
    ),
    secret: true,
  },
  oidcName: variable(
    'OIDC_NAME',
    'single sign-on',
    'how people call that place: “Sign in with …”',
    'Example Login',
    (text) => text.slice(0, 60),
  ),
  peopleDomains: variable(
    'PEOPLE_DOMAINS',
    '',
    'mail domains, with commas between, in which each person has one mailbox and nobody gives themselves another: an e-mail there shows that somebody is a person of their own, who may approve what others ask for; unset: single sign-on shows it, an e-mail does not',
    'agency.example,client.example',
    mailDomains,
  ),
  smtpUrl: variable(
    'SMTP_URL',
    '',
    'server that sends the product’s own e-mail, such as links for a forgotten password; unset: none is sent. Needs MAIL_FROM and PUBLIC_URL',
    'smtp://tieline:password@mail.example.com:587',
    optional(smtpUrl),
  ),
  mailFrom: variable(
    'MAIL_FROM',
    '',
    'address that this e-mail comes from',
    'tieline@example.com',
    optional(mailAddress),
  ),
  metricsToken: {
    ...variable(
      'METRICS_TOKEN',
      '',
      'whoever sends it as a bearer token may read /api/v1/metrics, in the format of Prometheus; unset: there is no such page',
      'the output of "openssl rand -hex 32"',
      optional((text) => {
        if (text.length < 20) throw new Error('has to have 20 characters or more')
        return text
      }),
    ),
    secret: true,
  },
  otlpEndpoint: variable(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    '',
    'collector that gets traces of runs and measures (OpenTelemetry, OTLP over HTTP as JSON); unset: nothing is sent, and nothing of it loaded',
    'http://collector.internal:4318',
    optional(collector),
  ),
  otlpHeaders: {
    ...variable(
      'OTEL_EXPORTER_OTLP_HEADERS',
      '',
      'headers that go with them, as name=value pairs with commas between, values percent-encoded',
      'authorization=Bearer%20token',
      headerPairs,
    ),
    secret: true,
  },
  otelServiceName: variable(
    'OTEL_SERVICE_NAME',
    'tieline',
    'how this installation is called there',
    'tieline-eu',
    (text) => text.slice(0, 200),
  ),
  sessionHours: variable('SESSION_HOURS', '12', 'how long a person stays signed in, in hours', '8', whole(1, 720)),
} as const satisfies { [key: string]: Variable }

/** The settings of one process, checked. */
export type Config = { readonly [K in keyof typeof VARIABLES]: ReturnType<(typeof VARIABLES)[K]['read']> }

/** The table of variables as data; a test holds the README to it. */
export const CONFIG_TABLE: readonly Variable[] = Object.values(VARIABLES)

/** The environment does not make sense. The message names every variable that is wrong. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly code = 'CONFIG_INVALID'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`CONFIG_INVALID: ${problems.join('\n')}`)
    this.problems = problems
  }
}

/**
 * Reads and checks the environment; the only place that does. An empty variable counts as unset. `instead` replaces
 * defaults, by the variable's name.
 */
export function readConfig(
  env: NodeJS.ProcessEnv = process.env,
  instead: { readonly [name: string]: string } = {},
): Config {
  const problems: string[] = []
  const entries = Object.entries(VARIABLES).map(([key, { name, example, read, ...rest }]) => {
    const given = env[name]?.trim() ?? ''
    try {
      return [key, read(given || instead[name] || rest.default)] as const
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      problems.push(`${name} ${reason}${describe(given, 'secret' in rest)}. Example: ${name}=${example}`)
      return [key, undefined] as const
    }
  })
  if (problems.length > 0) throw new ConfigError(problems)
  // Every key of VARIABLES was read by its own function just above.
  return Object.freeze(Object.fromEntries(entries) as Config)
}

/** What the command line takes from the environment: where the product is, and who asks. */
export type CommandEnvironment = {
  /** TIELINE_URL */
  readonly url: string | undefined
  /** TIELINE_TOKEN */
  readonly token: string | undefined
  /** A variable that the person named, for a secret that should stand in no list of processes. */
  named(name: string): string | undefined
}

export function readCommandEnvironment(env: NodeJS.ProcessEnv = process.env): CommandEnvironment {
  const named = (name: string) => env[name]?.trim() || undefined
  return { url: named('TIELINE_URL'), token: named('TIELINE_TOKEN'), named }
}

function variable<T>(
  name: string,
  fallback: string,
  meaning: string,
  example: string,
  read: (text: string) => T,
): Variable<T> {
  return { name, default: fallback, meaning, example, read }
}

function databaseVariable(name: string, meaning: string): Variable<string | undefined> {
  return variable(name, '', meaning, 'postgresql://tieline:password@db.example.com:5432/tieline', optional(databaseUrl))
}

/** What was given, with passwords hidden. */
function describe(given: string, secret: boolean): string {
  if (secret) return `; ${given.length} characters were given`
  const shown = given.replace(/(\/\/[^/@:]*):[^/]*@/, '$1:***@').replace(/(password=)[^&]*/gi, '$1***')
  return `; given: ${JSON.stringify(shown.length > 200 ? `${shown.slice(0, 200)}…` : shown)}`
}
