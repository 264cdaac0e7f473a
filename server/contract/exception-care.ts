import { type Static, Type } from 'typebox'
import { Desk, ExceptionAge, ExceptionSelection } from './exceptions.ts'
import { Decimal, Id, Nullable, strict, Timestamp } from './shared.ts'

/** `POST …/exceptions/care`: hands exceptions to somebody, puts them aside until a time, says something about them. */
export const CareRequest = Type.Object(
  {
    select: ExceptionSelection,
    /** A member of the workspace; null: nobody any more. */
    assign: Type.Optional(Nullable(Id)),
    /** At most a year ahead; null: not put aside any more. */
    snoozeUntil: Type.Optional(Nullable(Timestamp)),
    comment: Type.Optional(Type.String({ minLength: 1, maxLength: 2000, pattern: '\\S' })),
    /** Only counts. */
    dry: Type.Optional(Type.Boolean({ default: false })),
  },
  strict,
)
export type CareRequest = Static<typeof CareRequest>
export const CareAnswer = Type.Object(
  {
    /** Those that are meant, and those of them that are closed and left as they are. */
    changed: Type.Integer(),
    closed: Type.Integer(),
  },
  strict,
)
export type CareAnswer = Static<typeof CareAnswer>

export const ExceptionNote = Type.Object(
  {
    id: Id,
    kind: Type.Enum(['comment', 'assign', 'snooze']),
    words: Nullable(Type.String()),
    /** To whom it was handed; null with `assign`: to nobody. */
    assignedTo: Nullable(Type.String()),
    until: Nullable(Timestamp),
    by: Nullable(Type.String()),
    at: Timestamp,
  },
  strict,
)
export type ExceptionNote = Static<typeof ExceptionNote>
/** `GET …/exceptions/:exception/notes`, oldest first. */
export const ExceptionNotes = Type.Object({ items: Type.Array(ExceptionNote) }, strict)
export type ExceptionNotes = Static<typeof ExceptionNotes>

export const Money = Type.Object({ currency: Nullable(Type.String()), amount: Decimal, count: Type.Integer() }, strict)

/** A step as the version that ran calls it; `operation` such as `xero.list-invoices`, null where it is not known. */
export const Step = Type.Object({ id: Type.String(), name: Type.String(), operation: Nullable(Type.String()) }, strict)
/** Who has how many of something in hand. */
export const Owner = Type.Object({ id: Id, name: Type.String(), count: Type.Integer() }, strict)

/** `GET …/exceptions/groups`: what is open, by cause, the most money and the most records first. */
export const GroupQuery = Type.Object({ desk: Type.Optional(Desk), flow: Type.Optional(Id) }, strict)
/** How many runs or records there are of one cause, since when, with how much money and in whose hands. */
export const Held = {
  count: Type.Integer(),
  firstAt: Timestamp,
  lastAt: Timestamp,
  money: Type.Array(Money),
  owners: Type.Array(Owner),
  unowned: Type.Integer(),
}

export const ExceptionGroups = Type.Object(
  {
    open: Type.Integer(),
    /** Put aside until later; not among the groups. */
    snoozed: Type.Integer(),
    mine: Type.Integer(),
    oldest: Nullable(Timestamp),
    /** What is at stake, by currency. */
    money: Type.Array(Money),
    /** All that are open by how long they have been there, also those put aside; an age with none is left out. */
    ages: Type.Array(Type.Object({ age: ExceptionAge, count: Type.Integer(), money: Type.Array(Money) }, strict)),
    groups: Type.Array(
      Type.Object(
        {
          flow: Type.Object({ id: Id, name: Type.String() }, strict),
          node: Type.String(),
          step: Step,
          code: Type.String(),
          /** What narrows a list to these words; null: they differ from record to record. */
          fault: Nullable(Type.String()),
          desk: Desk,
          /** Of the newest of them. */
          message: Type.String(),
          nextAction: Nullable(Type.String()),
          ...Held,
        },
        strict,
      ),
    ),
  },
  strict,
)
export type ExceptionGroups = Static<typeof ExceptionGroups>
