import { type Static, Type } from 'typebox'
import { type Json, own } from '../schema/schema.ts'

const strict = { additionalProperties: false }
const Name = Type.String({ minLength: 1, maxLength: 100 })

/** What a template says about one of its choices, so that its outcomes can be compared at a client's volume. */
export const WhatIf = Type.Object(
  {
    /** The question of the form that is compared. */
    question: Name,
    /** Slots: where the orders are, and where the documents come to be. */
    source: Name,
    target: Name,
    /** Reads of the source that are counted over some days, and the field that says when a record came to be. */
    counts: Type.Array(Type.Object({ name: Name, operation: Name, time: Name }, strict), { minItems: 1, maxItems: 5 }),
    choices: Type.Array(
      Type.Object(
        {
          value: Name,
          /** Calls of the target that every run makes, whatever comes. */
          reads: Type.Integer({ minimum: 0 }),
          /** What is created: by which operation, one for each day or for each record of a count. */
          writes: Type.Array(
            Type.Object({ operation: Name, of: Name, lines: Type.Optional(Type.Integer({ minimum: 1 })) }, strict),
            { minItems: 1, maxItems: 5 },
          ),
        },
        strict,
      ),
      { minItems: 2, maxItems: 5 },
    ),
    /**
     * The most lines of a document for a day: one for each account, tax and option, by the answers to these questions,
     * and one more to balance.
     */
    places: Type.Object(
      { accounts: Type.Array(Name), taxes: Type.Array(Name), options: Name, optionsIf: Name },
      strict,
    ),
    /** What the target's maker advises, for a choice. */
    advice: Type.Object({ choice: Name, perMonth: Type.Integer({ minimum: 1 }), says: Name }, strict),
  },
  strict,
)
export type WhatIf = Static<typeof WhatIf>

/** Records a day, by the name of their count. */
export type Volume = { readonly [count: string]: number }

export type WriteCost = {
  readonly maxBatch: number
  /** Calls to look at a batch before it is sent. */
  readonly looks: number
}

export type ChoiceCost = {
  readonly value: string
  /** Of one day on which the volume comes. */
  readonly documents: number
  readonly lines: number
  readonly calls: number
  readonly documentsOfMonth: number
  /** 0 to 1 and beyond; null where the target has no limit of a day. */
  readonly shareOfDay: number | null
  readonly advice: string | null
}

/** Days of an average month. */
const MONTH = 30.4
/** Records of one page of a read, which are sent together. */
const PAGE = 250
/** Named by a write: one document for the day. */
const EACH_DAY = 'day'

/** What each outcome of the choice costs on a day of this volume, at most. */
export function compareChoices(
  whatIf: WhatIf,
  volume: Volume,
  answers: Json,
  costOf: (operation: string) => WriteCost,
  perDay: number | null,
): readonly ChoiceCost[] {
  return whatIf.choices.map(({ value, reads, writes }) => {
    let documents = 0
    let lines = 0
    let calls = reads
    for (const { operation, of, lines: each = 1 } of writes) {
      const count = of === EACH_DAY ? 1 : Math.ceil(volume[of] ?? 0)
      if (count === 0) continue
      const { maxBatch, looks } = costOf(operation)
      documents += of === EACH_DAY ? 1 : (volume[of] ?? 0)
      lines += of === EACH_DAY ? mostLines(whatIf, answers) : (volume[of] ?? 0) * each
      calls += looks * Math.ceil(count / PAGE) + Math.ceil(count / maxBatch)
    }
    const documentsOfMonth = Math.round(documents * MONTH)
    const { choice, perMonth, says } = whatIf.advice
    return {
      value,
      documents: Math.round(documents * 10) / 10,
      lines: Math.ceil(lines),
      calls,
      documentsOfMonth,
      shareOfDay: perDay === null || perDay === 0 ? null : calls / perDay,
      advice: choice === value && documentsOfMonth > perMonth ? says : null,
    }
  })
}

function mostLines({ places: { accounts, taxes, options, optionsIf } }: WhatIf, answers: Json): number {
  const distinct = (names: readonly string[]) => new Set(names.map((name) => String(own(answers, name) ?? name))).size
  const listed = own(answers, options)
  const tracked = own(answers, optionsIf) !== 'none' && Array.isArray(listed)
  // What is in no option is a place of its own.
  return distinct(accounts) * distinct(taxes) * (tracked ? listed.length + 1 : 1) + 1
}
