import { Radio, Stack, TextInput } from '@mantine/core'
import type { TurnOnRequest } from '../../server/contract/turn-on.ts'
import { preferredZone } from '../format/preferred.ts'
import type { BacklogChoice } from './SwitchEffects.tsx'
import { instantAt } from './turn-on.ts'

/** What somebody has filled in so far: a wall-clock time, and what becomes of what changes until then. */
export type TurnOnDraft = { readonly local: string; readonly backlog: BacklogChoice | undefined }

/** As the server takes it; undefined while something is missing or the time has passed. */
export function turnOnOf({ local, backlog }: TurnOnDraft, now: number): TurnOnRequest | undefined {
  const at = instantAt(local, preferredZone())
  if (at === undefined || at <= now || backlog === undefined) return undefined
  return { at: new Date(at).toISOString(), backlog }
}

/** When a flow turns on by itself, and the same choice that turning it on by hand asks for. */
export function TurnOnTime({ draft, onChange }: { draft: TurnOnDraft; onChange: (draft: TurnOnDraft) => void }) {
  const at = instantAt(draft.local, preferredZone())
  return (
    <Stack gap="sm">
      <TextInput
        type="datetime-local"
        label="Turn on at"
        description={`By the clock of ${preferredZone()}.`}
        required
        value={draft.local}
        error={at !== undefined && at <= Date.now() ? 'This time has passed.' : undefined}
        onChange={(event) => onChange({ ...draft, local: event.currentTarget.value })}
      />
      <Radio.Group
        label="What becomes of what changes until then?"
        required
        value={draft.backlog ?? null}
        onChange={(value) => onChange({ ...draft, backlog: value === 'from-now' ? 'from-now' : 'missed-too' })}
      >
        <Stack gap="xs" mt="xs">
          <Radio
            value="from-now"
            label="Start from then"
            description="It is left out for good, unless it changes again; what changed in the last seconds before, by the other system’s clock, may still be sent. Where a system cannot tell what is new, it stays off and you are told."
          />
          <Radio
            value="missed-too"
            label="Also what was missed"
            description="The next run reads it too. What was sent before is not sent again."
          />
        </Stack>
      </Radio.Group>
    </Stack>
  )
}
