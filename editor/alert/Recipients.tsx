import { Button, Select, TextInput } from '@mantine/core'
import type { AlertRuleList } from '../../server/contract/alerts.ts'
import classes from './RuleForm.module.css'
import type { Told } from './rule-draft.ts'

/** Who is told: any address over a mail connection, or a channel. */
export function Recipients(props: {
  title: string
  none: string
  channels: AlertRuleList['channels']
  value: readonly Told[]
  onChange: (value: readonly Told[]) => void
}) {
  const { title, none, channels, value, onChange } = props
  const change = (at: number, one: Told) => onChange(value.map((before, place) => (place === at ? one : before)))
  const first = channels[0]
  return (
    <fieldset className={classes.told}>
      <legend>{title}</legend>
      {value.length === 0 ? <p className="muted">{none}</p> : null}
      {value.map((one, at) => (
        // Rows are told apart by their place: two may say the same while they are filled in.
        // biome-ignore lint/suspicious/noArrayIndexKey: a row has nothing else that names it
        <div key={at} className={classes.row}>
          <Select
            aria-label={`${title}: over, ${at + 1}`}
            data={channels.map(({ id, name }) => ({ value: id, label: name }))}
            value={one.connection}
            allowDeselect={false}
            onChange={(connection) => change(at, { ...one, connection: connection ?? one.connection })}
          />
          {channels.some(({ id, mail }) => id === one.connection && mail) ? (
            <TextInput
              aria-label={`${title}: address, ${at + 1}`}
              type="email"
              placeholder="ada@example.com"
              required
              maxLength={254}
              value={one.address}
              onChange={(event) => change(at, { ...one, address: event.currentTarget.value })}
            />
          ) : null}
          <Button
            variant="subtle"
            aria-label={`Remove ${one.address || `recipient ${at + 1}`}`}
            onClick={() => onChange(value.filter((_, place) => place !== at))}
          >
            Remove
          </Button>
        </div>
      ))}
      {first === undefined ? (
        <p className="muted">
          To tell somebody, first add a connection of the kind “E-mail” or “Slack, Teams, webhook”.
        </p>
      ) : value.length < 50 ? (
        <Button
          variant="default"
          size="compact-sm"
          aria-label={`${title}: add somebody`}
          onClick={() => onChange([...value, { connection: value.at(-1)?.connection ?? first.id, address: '' }])}
        >
          Add somebody
        </Button>
      ) : null}
    </fieldset>
  )
}
