import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { type CommandEnvironment, readCommandEnvironment } from '../config.ts'
import { CommandError, connect, EXIT } from './api-client.ts'
import { addConnection, bindSlots, listConnections, testConnection } from './connection-commands.ts'
import { exportFlow, importFile, publishFlow, switchFlow, validateFile } from './flow-commands.ts'
import { runFlow, traceRun } from './run-commands.ts'

const USAGE = `usage: npm run tieline -- <command> [--url ADDRESS] [--token TOKEN]

  validate FILE                     say what is wrong with a flow file
  import FILE [--flow FLOW]         make a flow of a file, or put it into a flow's draft
  export FLOW [FILE]                write a flow's draft to a file, or to the output
  publish FLOW --summary TEXT       make the draft the live version
  run FLOW [--wait] [--node NODE]   run the live version now; with --wait until it ends
  trace RUN                         show what a run did
  on FLOW | off FLOW                switch a flow
  connections list
  connections add CONNECTOR --name NAME --login KIND [--setting FIELD=VALUE]…
                  [--secret FIELD=VARIABLE]… [--secrets-from-stdin]
  connections test CONNECTION
  connections bind FLOW SLOT=CONNECTION…

FLOW and CONNECTION are an id or a name. A secret is never an argument: --secret names a variable of the
environment, --secrets-from-stdin reads a JSON object. ADDRESS and TOKEN also come from TIELINE_URL (else
http://localhost:3000) and TIELINE_TOKEN.

exit codes: 0 done, 1 problems found or the run did not succeed, 2 wrong usage, 3 not reachable or not signed in
`

const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function main(args: readonly string[], environment: CommandEnvironment): Promise<number> {
  const { values, positionals } = readArguments(args)
  const [command, ...rest] = positionals
  if (values.help || command === 'help') {
    say(USAGE)
    return EXIT.ok
  }
  const open = () =>
    connect(values.url ?? environment.url ?? 'http://localhost:3000', values.token ?? environment.token)
  const argument = (at: number, what: string): string => {
    const value = rest[at]
    if (value === undefined) throw new CommandError(EXIT.usage, `${what} is missing.\n\n${USAGE}`)
    return value
  }
  switch (command) {
    case 'validate': {
      const file = argument(0, 'FILE')
      return validateFile(await open(), file, say)
    }
    case 'import': {
      const file = argument(0, 'FILE')
      return importFile(await open(), file, values.flow, say)
    }
    case 'export': {
      const flow = argument(0, 'FLOW')
      return exportFlow(await open(), flow, rest[1], say)
    }
    case 'publish': {
      const flow = argument(0, 'FLOW')
      if (values.summary === undefined) throw new CommandError(EXIT.usage, `--summary is missing.\n\n${USAGE}`)
      return publishFlow(await open(), flow, values.summary, say)
    }
    case 'run': {
      const flow = argument(0, 'FLOW')
      return runFlow(await open(), flow, { wait: values.wait, node: values.node }, say)
    }
    case 'trace': {
      const run = argument(0, 'RUN')
      return traceRun(await open(), run, say)
    }
    case 'on':
    case 'off': {
      const flow = argument(0, 'FLOW')
      return switchFlow(await open(), flow, command === 'on', say)
    }
    case 'connections':
      break
    default:
      throw new CommandError(
        EXIT.usage,
        command === undefined ? USAGE : `There is no command “${command}”.\n\n${USAGE}`,
      )
  }
  switch (argument(0, 'What to do with connections')) {
    case 'list':
      return listConnections(await open(), say)
    case 'test': {
      const connection = argument(1, 'CONNECTION')
      return testConnection(await open(), connection, say)
    }
    case 'bind': {
      const flow = argument(1, 'FLOW')
      argument(2, 'SLOT=CONNECTION')
      return bindSlots(await open(), flow, rest.slice(2), say)
    }
    case 'add': {
      const connector = argument(1, 'CONNECTOR')
      const { name, login } = values
      if (name === undefined || login === undefined)
        throw new CommandError(EXIT.usage, `--name or --login is missing.\n\n${USAGE}`)
      const options = {
        ...{ connector, name, login, settings: values.setting, secrets: values.secret },
        variable: environment.named,
        input: values['secrets-from-stdin'] ? () => text(process.stdin) : undefined,
      }
      return addConnection(await open(), options, say)
    }
    default:
      throw new CommandError(EXIT.usage, `Connections can be listed, added, tested and bound.\n\n${USAGE}`)
  }
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        token: { type: 'string' },
        help: { type: 'boolean', default: false },
        flow: { type: 'string' },
        summary: { type: 'string' },
        wait: { type: 'boolean', default: false },
        node: { type: 'string' },
        name: { type: 'string' },
        login: { type: 'string' },
        setting: { type: 'string', multiple: true, default: [] },
        secret: { type: 'string', multiple: true, default: [] },
        'secrets-from-stdin': { type: 'boolean', default: false },
      },
    })
  } catch (cause) {
    throw new CommandError(EXIT.usage, `${cause instanceof Error ? cause.message : cause}\n\n${USAGE}`, { cause })
  }
}

try {
  process.exitCode = await main(process.argv.slice(2), readCommandEnvironment())
} catch (error) {
  const known = error instanceof CommandError
  process.stderr.write(`${known ? error.message : error instanceof Error ? error.stack : error}\n`)
  process.exitCode = known ? error.exit : EXIT.failed
}
