import { Radio, Stack } from '@mantine/core'
import type { SwitchPreview } from '../../server/contract/switching.ts'
import { sayCount, countOf } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'

export type BacklogChoice = 'missed-too' | 'from-now'

/** It begins up to two seconds before the time that the other system told (whole seconds): rather sent than lost. */
const FROM_NOW =
  'What changed before is left out for good, unless it changes again. “Now” is by the other system’s clock: what changed there in the last seconds may still be sent.'

/** Whether whoever turns it on has to say what becomes of what gathered: only where there is something. */
export const mustChoose = (preview: SwitchPreview): boolean =>
  preview.on && preview.reads.some(({ records }) => records !== 0)

/** What switching does, from what the server counted. Nothing is chosen beforehand where it cannot be taken back. */
export function SwitchEffects(props: {
  preview: SwitchPreview
  choice: BacklogChoice | undefined
  onChoose: (choice: BacklogChoice) => void
  /** Nothing else in the dialog names what the flow does. */
  unnamed: boolean
}) {
  const { preview } = props
  if (!preview.on) {
    return (
      <>
        <p>Nothing new starts by itself until it is turned on again.</p>
        {props.unnamed && preview.writes.length > 0 ? (
          <>
            <p>Until then this stops:</p>
            <WriteList writes={preview.writes} />
          </>
        ) : null}
        {preview.inProgress > 0 ? (
          <p>{countOf(preview.inProgress, 'transfer')} in progress will finish.</p>
        ) : (
          <p>Nothing is in progress.</p>
        )}
        {preview.waiting > 0 ? (
          <p>{countOf(preview.waiting, 'record')} that wait stay where they are, and go on when it is on again.</p>
        ) : null}
        <p>Nothing is deleted in any system. It remembers how far it has read.</p>
      </>
    )
  }
  const lasting = preview.writes.filter((write) => write.lasting)
  const gathered = props.choice !== 'from-now' && mustChoose(preview)
  return (
    <Stack gap="sm">
      {preview.reads.map((read) => (
        <div key={read.node}>
          <p>
            {read.trouble !== null
              ? `${read.connection} could not be asked what “${read.name}” would bring. ${read.trouble}`
              : read.records === null
                ? `${read.connection} does not say beforehand how much “${read.name}” would bring.`
                : read.records === 0
                  ? `“${read.name}”: nothing has gathered in ${read.connection}.`
                  : read.before
                    ? `${countOf(read.records, 'record')} changed in ${read.connection} since it last read (“${read.name}”).`
                    : `It has never read before: ${countOf(read.records, 'record')} are in ${read.connection} (“${read.name}”).`}
          </p>
          {read.sample.length > 0 ? <p className="muted">For example {read.sample.join(', ')}.</p> : null}
        </div>
      ))}
      {preview.waiting > 0 ? <p>{countOf(preview.waiting, 'record')} that wait go on, whatever you choose.</p> : null}
      {mustChoose(preview) ? (
        <Radio.Group
          label="What becomes of them?"
          required
          value={props.choice ?? null}
          onChange={(value) => props.onChoose(value === 'from-now' ? 'from-now' : 'missed-too')}
        >
          <Stack gap="xs" mt="xs">
            <Radio
              value="from-now"
              disabled={preview.notFromNow !== null}
              label="Start from now"
              description={preview.notFromNow ?? FROM_NOW}
            />
            <Radio
              value="missed-too"
              label="Also what was missed"
              description={
                preview.restored
                  ? 'The next run reads it too. What was sent after the backup is not known here, and is sent again.'
                  : 'The next run reads it too. What was sent before is not sent again.'
              }
            />
          </Stack>
        </Radio.Group>
      ) : null}
      {gathered && lasting.length > 0 ? (
        <Banner tone="attention" title="Some of it cannot be taken back">
          <ul>
            {lasting.map((write) => (
              <li key={write.node}>
                {write.title}
                {write.connection ? ` (${write.connection})` : ''}:{' '}
                {write.most === null ? 'how many is not known' : `up to ${sayCount(write.most)}`}
              </li>
            ))}
          </ul>
        </Banner>
      ) : null}
      {!gathered && props.unnamed && lasting.length > 0 ? (
        <div>
          <p>With what comes from then on it does what cannot be taken back:</p>
          <WriteList writes={lasting} />
        </div>
      ) : null}
    </Stack>
  )
}

/** Two steps that do the same are one line: whoever reads it does not know steps. */
function WriteList({ writes }: Pick<SwitchPreview, 'writes'>) {
  const words = writes.map(({ title, connection }) => (connection ? `${title} (${connection})` : title))
  return (
    <ul>
      {[...new Set(words)].map((one) => (
        <li key={one}>{one}</li>
      ))}
    </ul>
  )
}
