import { Type } from 'typebox'
import { FieldPath, native, REJECTED, strict } from './setting-kinds.ts'

export const WaitSettings = Type.Object(
  {
    until: Type.Union([Type.Literal('field'), Type.Literal('duration'), Type.Literal('clock')], {
      title: 'Wait until',
      description:
        'A time in the record (field), so long after the record came (duration), or the next time of day (clock).',
      default: 'duration',
    }),
    path: Type.Optional(
      FieldPath({
        title: 'Field with the time',
        description: 'ISO 8601: 2026-03-29T09:00:00Z, or a calendar day such as 2026-03-29.',
      }),
    ),
    amount: Type.Optional(Type.Integer({ title: 'How long', minimum: 1, maximum: 1000 })),
    unit: Type.Optional(
      Type.Union([Type.Literal('minutes'), Type.Literal('hours'), Type.Literal('days')], {
        title: 'Unit',
        description: 'A day is 24 hours.',
      }),
    ),
    time: Type.Optional(
      Type.String({
        title: 'Time of day',
        description: 'HH:MM, by the clock of the zone. With a field: the time of day of calendar days.',
        pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
      }),
    ),
    zone: Type.Optional(Type.String({ title: 'Time zone (IANA)', maxLength: 64 })),
  },
  strict,
)

export const WAIT = native({
  id: 'wait',
  kind: 'pure',
  title: 'Wait until',
  summary: 'Holds records until a time, and lets them go on in a later run.',
  synonyms: ['delay', 'sleep', 'later', 'hold', 'pause', 'schedule'],
  settings: WaitSettings,
  inputs: ['in'],
  ports: ['out', REJECTED],
})
