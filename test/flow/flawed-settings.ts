import { node } from './fixtures.ts'
import { type Flawed, schedule, withNodes } from './flawed-flow.ts'

// Settings that an operation cannot be run with, waits and schedules among them.

export const FLAWED_SETTINGS: readonly Flawed[] = [
  {
    says: '“changed only” before what needs all records of a run',
    flow: withNodes(
      [
        node('fresh', 'changed-only', { key: ['id'] }),
        node('sum', 'summarise', { values: [{ name: 'n', fn: 'count' }] }),
      ],
      ['rows.rejected fresh', 'fresh sum'],
    ),
    finds: [{ code: 'CHANGED_BEFORE_GATHER', node: 'fresh' }],
    words: /“The fresh” lets only what changed through to “The sum”, which needs all records of a run; put it after/,
  },
  {
    says: '“changed only” that is to compare listed fields, and lists none',
    flow: withNodes([node('fresh', 'changed-only', { key: ['id'], compare: 'all-but' })], ['rows.rejected fresh']),
    finds: [{ code: 'SETTING_MISSING', node: 'fresh', field: 'fields' }],
    words: /“Listed fields” is empty; list the fields that do not count, or compare all/,
  },
  {
    says: 'a wait before what needs all records of a run',
    flow: withNodes(
      [
        node('later', 'wait', { amount: 2, unit: 'hours' }),
        node('sum', 'summarise', { values: [{ name: 'n', fn: 'count' }] }),
      ],
      ['rows.rejected later', 'later sum'],
    ),
    finds: [{ code: 'WAIT_BEFORE_GATHER', node: 'later' }],
    words: /“The later” lets records go on in a later run, and “The sum” needs all records of one run; wait after/,
  },
  {
    says: 'a wait for so long, without how long',
    flow: withNodes([node('later', 'wait', { unit: 'hours' })], ['rows.rejected later']),
    finds: [{ code: 'SETTING_MISSING', node: 'later', field: 'amount' }],
    words: /“How long” is missing; fill in a whole number/,
  },
  {
    says: 'a wait until a time of day of no zone',
    flow: withNodes([node('later', 'wait', { until: 'clock', time: '09:00' })], ['rows.rejected later']),
    finds: [{ code: 'SETTING_MISSING', node: 'later', field: 'zone' }],
    words: /“Time zone \(IANA\)” is missing; fill in one such as “Europe\/London”/,
  },
  {
    says: 'a wait until a time of day of a zone that is none',
    flow: withNodes(
      [node('later', 'wait', { until: 'clock', time: '09:00', zone: 'Europe/Londn' })],
      ['rows.rejected later'],
    ),
    finds: [{ code: 'SETTING_INVALID', node: 'later', field: 'zone' }],
    words: /there is no time zone “Europe\/Londn”/,
  },
  {
    says: 'a wait until a time of day at a fixed offset',
    flow: withNodes(
      [node('later', 'wait', { until: 'clock', time: '09:00', zone: '-03:00' })],
      ['rows.rejected later'],
    ),
    finds: [{ code: 'SETTING_INVALID', node: 'later', field: 'zone' }],
    words: /“-03:00” is a fixed offset/,
  },
  {
    says: 'a wait until a time in the record that does not say where',
    flow: withNodes([node('later', 'wait', { until: 'field' })], ['rows.rejected later']),
    finds: [{ code: 'SETTING_MISSING', node: 'later', field: 'path' }],
    words: /“Field with the time” is missing; say where/,
  },
  {
    says: 'an operation that is not in the catalog, with the one that was meant',
    flow: withNodes([node('rows', 'mapp')]),
    finds: [{ code: 'OPERATION_UNKNOWN', node: 'rows' }],
    words: /no operation “mapp”; did you mean “map”\?/,
  },
  {
    says: 'a setting that is missing',
    flow: withNodes([node('rows', 'map')]),
    finds: [{ code: 'SETTING_MISSING', node: 'rows', field: 'expression' }],
    words: /“The rows”: the setting “Expression” is missing; give an expression/,
  },
  {
    says: 'a setting of a list that is missing',
    flow: withNodes([node('rows', 'route', { cases: [{ name: 'a' }] })], ['rows.a save'], ['rows-out-save-in']),
    finds: [{ code: 'SETTING_MISSING', node: 'rows', field: 'cases.0.condition' }],
    words: /“Cases” › no\. 1 › “Condition” is missing/,
  },
  {
    says: 'a setting that the operation does not know',
    flow: withNodes([node('rows', 'map', { expression: '$', expresion: '$' })]),
    finds: [{ code: 'SETTING_UNKNOWN', node: 'rows', field: 'expresion' }],
    words: /did you mean “expression”\? If not, remove it/,
  },
  {
    says: 'a setting of the wrong type',
    flow: withNodes([node('rows', 'map', { expression: 5 })]),
    finds: [{ code: 'SETTING_INVALID', node: 'rows', field: 'expression' }],
    words: /must be an expression, not the number 5/,
  },
  {
    says: 'a setting that is none of the choices',
    flow: schedule({ mode: 'intervall', everyMinutes: 5 }),
    finds: [{ code: 'SETTING_INVALID', field: 'mode' }],
    words: /must be “interval” or “wall-clock”, not the text “intervall” \(did you mean “interval”\?\)/,
  },
  {
    says: 'a number out of bounds',
    flow: withNodes([node('bills', 'ledger.list-bills', { pageSize: 2000 })]),
    finds: [{ code: 'SETTING_INVALID', field: 'pageSize' }],
    words: /a whole number from 1 to 1000, not the number 2000/,
  },
  {
    says: 'a text that does not have its form',
    flow: withNodes([node('rows', 'summarise', { values: [{ name: '9', fn: 'count' }] })]),
    finds: [{ code: 'SETTING_INVALID', node: 'rows', field: 'values.0.name' }],
    words: /does not have the form/,
  },
  {
    says: 'a field path with an empty step',
    flow: withNodes([node('rows', 'split', { path: 'Lines..Item' })]),
    finds: [{ code: 'SETTING_INVALID', field: 'path' }],
    words: /must be a field path such as “Contact.ContactID”/,
  },
  {
    says: 'a field path through what is no field',
    flow: withNodes([node('rows', 'split', { path: 'Lines.__proto__' })]),
    finds: [{ code: 'SETTING_INVALID', field: 'path' }],
    words: /may not lead through “__proto__”/,
  },
  {
    says: 'an unknown operation before a read, and nothing of what it may send',
    flow: withNodes([node('start', 'manul')]),
    finds: [{ code: 'OPERATION_UNKNOWN', node: 'start' }],
    words: /did you mean “manual”/,
  },
  {
    says: 'an expression that is blank',
    flow: withNodes([node('rows', 'map', { expression: '  ' })]),
    finds: [{ code: 'SETTING_INVALID', field: 'expression' }],
    words: /is empty; give an expression/,
  },
  {
    says: 'a text with a form that is empty',
    flow: withNodes([node('rows', 'summarise', { values: [{ name: '', fn: 'count' }] })]),
    finds: [{ code: 'SETTING_INVALID', field: 'values.0.name' }],
    words: /“Values” › no\. 1 › “Name” is empty; give a text of the form/,
  },
  {
    says: 'a keyword of the schema that has no words of its own',
    flow: withNodes([node('bills', 'ledger.list-bills', { statuses: ['A', 'A'] })]),
    finds: [{ code: 'SETTING_INVALID', field: 'statuses' }],
    words: /the setting “statuses” must not have duplicate items/,
  },
  {
    says: 'a list with too few elements',
    flow: withNodes([node('rows', 'summarise', { values: [] })]),
    finds: [{ code: 'SETTING_INVALID', field: 'values' }],
    words: /needs at least one element/,
  },
  {
    says: 'a function of a summary without its field',
    flow: withNodes([
      node('rows', 'summarise', {
        values: [
          { name: 'n', fn: 'count' },
          { name: 's', fn: 'sum' },
        ],
      }),
    ]),
    finds: [{ code: 'SETTING_MISSING', field: 'values.1.path' }],
    words: /which field “sum” is taken of/,
  },
  {
    says: 'two fields of a summary with one name',
    flow: withNodes([
      node('rows', 'summarise', { by: [{ name: 'n', path: 'a' }], values: [{ name: 'n', fn: 'count' }] }),
    ]),
    finds: [{ code: 'NAME_DUPLICATE', field: 'values.0.name' }],
    words: /two fields of the summary are called “n”/,
  },
  {
    says: 'an interval without minutes',
    flow: schedule({ mode: 'interval' }),
    finds: [{ code: 'SCHEDULE_INVALID', field: 'everyMinutes' }],
    words: /an interval needs its minutes/,
  },
  {
    says: 'times of day without times or zone',
    flow: schedule({ mode: 'wall-clock' }),
    finds: [
      { code: 'SCHEDULE_INVALID', field: 'cron' },
      { code: 'SCHEDULE_INVALID', field: 'zone' },
    ],
    words: /times of day are missing/,
  },
  {
    says: 'a zone that does not exist',
    flow: schedule({ mode: 'wall-clock', cron: '0 6 * * *', zone: 'Europe/Lodnon' }),
    finds: [{ code: 'SCHEDULE_INVALID', field: 'zone' }],
    words: /no time zone “Europe\/Lodnon”/,
  },
  {
    says: 'a fixed offset for a zone',
    flow: schedule({ mode: 'wall-clock', cron: '0 6 * * *', zone: '+05:30' }),
    finds: [{ code: 'SCHEDULE_INVALID', field: 'zone' }],
    words: /“\+05:30” is a fixed offset, which knows no summer time; use the name of a zone such as “Asia\/Kolkata”/,
  },
  {
    says: 'times that the cron parser refuses',
    flow: schedule({ mode: 'wall-clock', cron: '61 6 * * *', zone: 'Europe/London' }),
    checks: { cron: (text, zone) => ({ never: false, says: `minute of ${text} in ${zone} is above 59.` }) },
    finds: [{ code: 'SCHEDULE_INVALID', field: 'cron' }],
    words: /“61 6 \* \* \*” cannot be read: minute of 61 6 \* \* \* in Europe\/London is above 59/,
  },
  {
    says: 'times that no day has',
    flow: schedule({ mode: 'wall-clock', cron: '0 6 31 2 *', zone: 'Europe/London' }),
    checks: { cron: () => ({ never: true, says: 'no day has them; check day and month.' }) },
    finds: [{ code: 'SCHEDULE_NEVER', field: 'cron' }],
    words: /“0 6 31 2 \*” never come: no day has them/,
  },
]
