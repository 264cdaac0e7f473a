import { Type } from 'typebox'
import { native, REJECTED, strict } from './setting-kinds.ts'
import { ValidateSettings } from './validate-records.ts'

/** The contract of a flow that others call: what their records must be. */
export const EntrySettings = Type.Object(
  {
    title: Type.String({
      title: 'What it does',
      description: 'For those who call this flow: what comes of the records that they hand over.',
      minLength: 1,
      maxLength: 200,
    }),
    ...ValidateSettings.properties,
  },
  strict,
)

/** Gone when a flow is planned: inlining puts a `validate` with the contract in its place (sub-flow.ts). */
export const ENTRY = native({
  id: 'entry',
  kind: 'trigger',
  title: 'Called by a flow',
  summary: 'Records come in that another flow hands over; the contract says what they must be.',
  synonyms: ['sub-flow', 'contract', 'function', 'reuse', 'begin'],
  settings: EntrySettings,
  inputs: [],
  ports: ['out'],
  events: true,
})

export const LEAVE = native({
  id: 'leave',
  kind: 'pure',
  title: 'Hand back',
  summary: 'What arrives goes on in the calling flow, by “out” of the step that calls.',
  synonyms: ['sub-flow', 'return', 'result', 'exit'],
  settings: Type.Object({}, strict),
  inputs: ['in'],
  ports: [],
})

const SlotName = (title: string) => Type.String({ title, pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$' })

export const SubFlowSettings = Type.Object(
  {
    flow: Type.String({
      title: 'Flow',
      description: 'Id of the flow that is called, of this workspace.',
      minLength: 1,
      maxLength: 64,
    }),
    version: Type.Integer({
      title: 'Version',
      description: 'Number of a published version. It stays until you choose another.',
      minimum: 1,
      maximum: 2_147_483_647,
    }),
    slots: Type.Array(
      Type.Object(
        {
          inner: SlotName('Slot of the called flow'),
          outer: SlotName('Slot of this flow'),
        },
        strict,
      ),
      { title: 'Slots', description: 'Which slot of this flow stands for each of the called one.', default: [] },
    ),
  },
  strict,
)

export const SUB_FLOW = native({
  id: 'sub-flow',
  kind: 'pure',
  title: 'Sub-flow',
  summary: 'Hands records to another flow and goes on with what it hands back.',
  synonyms: ['call', 'function', 'reuse', 'shared', 'contract'],
  settings: SubFlowSettings,
  inputs: ['in'],
  ports: ['out', REJECTED],
})
