import { Type } from 'typebox'
import type { OperationInfo } from './catalog.ts'
import { HookSettings } from './hook-settings.ts'
import { CHANGED_ONLY } from './changed-only.ts'
import { COMPARE } from './compare.ts'
import { NOTIFY } from './notify.ts'
import { RUNNING_VALUE } from './running-value.ts'
import { STOP } from './stop.ts'
import { ENTRY, LEAVE, SUB_FLOW } from './sub-flow.ts'
import { VALIDATE } from './validate-records.ts'
import { WAIT } from './wait.ts'
import { GroupValues } from './summary-values.ts'
import { Expression, FieldName, FieldPath, native, REJECTED, strict } from './setting-kinds.ts'

export { REJECTED } from './setting-kinds.ts'

// The engine's own operations. Those with a file of their own stand in `nodes/`.

export const ManualSettings = Type.Object({}, strict)

export const ScheduleSettings = Type.Object(
  {
    mode: Type.Union([Type.Literal('interval'), Type.Literal('wall-clock')], {
      title: 'Kind',
      description: 'An interval counts minutes; times of day follow a time zone, also through summer time.',
      default: 'interval',
    }),
    everyMinutes: Type.Optional(Type.Integer({ title: 'Every … minutes', minimum: 1, maximum: 1440, default: 15 })),
    cron: Type.Optional(Type.String({ title: 'Times (cron, five fields)', maxLength: 100, default: '0 6 * * *' })),
    zone: Type.Optional(Type.String({ title: 'Time zone (IANA)', maxLength: 64, default: 'Europe/London' })),
    missed: Type.Optional(
      Type.Union([Type.Literal('once'), Type.Literal('all'), Type.Literal('none')], {
        title: 'After an interruption',
        description:
          'What happens with times that passed while the product was down or the flow was paused: one run for all of them (once), one for each (all, at most 1,000), or no run (none).',
        default: 'once',
      }),
    ),
    overlap: Type.Optional(
      Type.Union([Type.Literal('skip'), Type.Literal('queue')], {
        title: 'While a run is still at work',
        description:
          'A time that comes before the last scheduled run has ended is left out (skip), or its run waits for the end of that one (queue). Two never run at once.',
        default: 'skip',
      }),
    ),
  },
  strict,
)

export const MapSettings = Type.Object(
  {
    expression: Expression({
      title: 'Expression',
      description: 'One record in; an object gives one record, a list several, nothing none.',
    }),
  },
  strict,
)

export const FilterSettings = Type.Object(
  {
    condition: Expression({
      title: 'Condition',
      description: 'True lets the record out; all others leave by “other”.',
    }),
  },
  strict,
)

export const RouteSettings = Type.Object(
  {
    match: Type.Union([Type.Literal('first'), Type.Literal('all')], {
      title: 'Send a record to',
      description: 'The first case that matches, or every case that matches.',
      default: 'first',
    }),
    cases: Type.Array(
      Type.Object(
        {
          name: Type.String({ title: 'Port', pattern: '^[a-z][a-z0-9-]{0,31}$' }),
          condition: Expression({ title: 'Condition' }),
        },
        strict,
      ),
      { title: 'Cases', minItems: 1, maxItems: 20 },
    ),
  },
  strict,
)

export const SplitSettings = Type.Object(
  {
    path: FieldPath({
      title: 'List to split',
      description: 'Each element becomes a record. A missing list gives none.',
    }),
    keep: Type.Array(FieldPath({ title: 'Field' }), {
      title: 'Fields to keep of the whole',
      description: 'Copied to each part under “parent”, at their own paths.',
      default: [],
    }),
  },
  strict,
)

export const SummariseSettings = Type.Object(
  {
    by: Type.Array(Type.Object({ name: FieldName({ title: 'Name' }), path: FieldPath({ title: 'Field' }) }, strict), {
      title: 'Group by',
      maxItems: 10,
      default: [],
    }),
    values: GroupValues,
    together: Type.Optional(
      Type.Integer({
        title: 'Groups that go on together',
        description: 'Fewer where a later step makes each of them large. Left out: 1,000.',
        minimum: 1,
        maximum: 1000,
      }),
    ),
  },
  strict,
)

export const JoinSettings = Type.Object(
  {
    key: FieldPath({ title: 'Key of the records' }),
    withKey: FieldPath({ title: 'Key of the records to join' }),
    and: Type.Optional(
      Type.Array(
        Type.Object(
          {
            key: FieldPath({ title: 'Field of the records' }),
            withKey: FieldPath({ title: 'Field of the records to join' }),
          },
          strict,
        ),
        { title: 'Further fields that must be equal', maxItems: 4 },
      ),
    ),
    as: FieldName({ title: 'Put the match under', default: 'match' }),
    cardinality: Type.Union([Type.Literal('one'), Type.Literal('many')], {
      title: 'Matches per record',
      description: 'One: a second match is an exception. Many: a list, also of one.',
      default: 'one',
    }),
  },
  strict,
)

/** Settings that every look-up node has beside the operation's own. */
export const LookupSettings = {
  key: FieldPath({
    title: 'Key field',
    description: 'Where the key stands in the record. A list of keys finds a list.',
  }),
  as: FieldName({ title: 'Put what is found under', default: 'found' }),
}

/** Settings that every write node has beside the operation's own. */
export const WriteSettings = {
  record: Expression({
    title: 'What to send',
    description: 'Gives the payload, a list of payloads, or nothing. The record itself goes on unchanged by “out”.',
    default: '$',
  }),
}

export const NATIVE_OPERATIONS: readonly OperationInfo[] = [
  native({
    id: 'manual',
    kind: 'trigger',
    title: 'By hand',
    summary: 'Starts when somebody presses “Run now”.',
    settings: ManualSettings,
    inputs: [],
    ports: ['out'],
  }),
  native({
    id: 'schedule',
    kind: 'trigger',
    title: 'Schedule',
    summary: 'Starts at an interval, or at times of day.',
    synonyms: ['timer', 'cron', 'every'],
    settings: ScheduleSettings,
    inputs: [],
    ports: ['out'],
  }),
  native({
    id: 'hook',
    kind: 'trigger',
    title: 'Webhook',
    summary: 'Starts when another system sends an event to an address of its own.',
    synonyms: ['http', 'callback', 'event', 'receive', 'push'],
    settings: HookSettings,
    inputs: [],
    ports: ['out'],
    events: true,
  }),
  native({
    id: 'map',
    kind: 'pure',
    title: 'Map',
    summary: 'Turns each record into none, one or several new ones.',
    synonyms: ['transform', 'expression', 'jsonata', 'mapping'],
    settings: MapSettings,
    inputs: ['in'],
    ports: ['out', REJECTED],
  }),
  native({
    id: 'filter',
    kind: 'pure',
    title: 'Filter',
    summary: 'Lets records through that meet a condition.',
    synonyms: ['if', 'only', 'where'],
    settings: FilterSettings,
    inputs: ['in'],
    ports: ['out', 'other', REJECTED],
  }),
  native({
    id: 'route',
    kind: 'pure',
    title: 'Route',
    summary: 'Sends records along different branches.',
    synonyms: ['switch', 'branch', 'case'],
    settings: RouteSettings,
    inputs: ['in'],
    ports: ['other', REJECTED],
    portsFrom: 'cases',
  }),
  native({
    id: 'split',
    kind: 'pure',
    title: 'Split',
    summary: 'Turns the parts of a record into records of their own.',
    synonyms: ['lines', 'unwind', 'explode', 'each'],
    settings: SplitSettings,
    inputs: ['in'],
    ports: ['out', REJECTED],
  }),
  native({
    id: 'summarise',
    kind: 'pure',
    title: 'Summarise',
    summary: 'Groups all records of the run and adds them up, to the cent.',
    synonyms: ['group', 'sum', 'count', 'aggregate', 'total'],
    settings: SummariseSettings,
    inputs: ['in'],
    ports: ['out', REJECTED],
  }),
  native({
    id: 'join',
    kind: 'pure',
    title: 'Join',
    summary: 'Puts records of two branches together by a key.',
    synonyms: ['merge', 'match', 'combine'],
    settings: JoinSettings,
    inputs: ['in', 'with'],
    ports: ['out', 'unmatched', REJECTED],
  }),
  CHANGED_ONLY,
  COMPARE,
  RUNNING_VALUE,
  VALIDATE,
  STOP,
  NOTIFY,
  SUB_FLOW,
  ENTRY,
  LEAVE,
  WAIT,
]
