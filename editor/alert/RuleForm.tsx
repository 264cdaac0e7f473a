import { Select, Switch, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { AlertRuleList, AlertRuleView, AlertWatch } from '../../server/contract/alerts.ts'
import type { FlowView } from '../../server/contract/flows.ts'
import { changeAlertRule, makeAlertRule } from '../alerts.ts'
import { EffectDialog } from '../parts/EffectDialog.tsx'
import { DESK_WORDS, SEVERITY_WORDS } from '../words.ts'
import { Recipients } from './Recipients.tsx'
import classes from './RuleForm.module.css'
import { draftOf, lacking, requestOf, type RuleDraft } from './rule-draft.ts'
import { WATCH_WORDS } from './say.ts'

const choices = (words: { readonly [value: string]: string }) =>
  Object.entries(words).map(([value, label]) => ({ value, label }))

export function RuleForm(props: {
  workspace: string
  /** Null: a new one. */
  rule: AlertRuleView | null
  channels: AlertRuleList['channels']
  flows: readonly FlowView[]
  onClose: () => void
}) {
  const { workspace, rule, channels, flows, onClose } = props
  const client = useQueryClient()
  const [draft, setDraft] = useState(() => draftOf(rule))
  const set = <Field extends keyof RuleDraft>(field: Field, value: RuleDraft[Field]) =>
    setDraft((before) => ({ ...before, [field]: value }))
  const isMail = (connection: string) => channels.some(({ id, mail }) => id === connection && mail)
  const missing = lacking(draft)
  const save = useMutation({
    mutationFn: () => {
      const body = requestOf(draft, isMail)
      return rule === null ? makeAlertRule(workspace, body) : changeAlertRule(workspace, rule.id, body)
    },
    onSuccess: async () => {
      onClose()
      await client.invalidateQueries({ queryKey: [workspace, 'alerts'] })
    },
  })
  const text = (field: keyof RuleDraft, label: string, more: object = {}) => (
    <TextInput
      label={label}
      value={String(draft[field])}
      onChange={(event) => set(field, event.currentTarget.value as never)} // fields that are asked for here are texts
      {...more}
    />
  )
  const number = (field: keyof RuleDraft, label: string, more: object = {}) =>
    text(field, label, { inputMode: 'numeric', ...more })
  return (
    <EffectDialog
      open
      title={rule === null ? 'Add a rule' : `Change “${rule.name}”`}
      verb={rule === null ? 'Add the rule' : 'Save the rule'}
      disabled={missing !== undefined}
      busy={save.isPending}
      error={save.error}
      onConfirm={() => save.mutate()}
      onClose={onClose}
    >
      {text('name', 'Name', { required: true, maxLength: 200, 'data-autofocus': true })}
      <div className={classes.row}>
        <Select
          label="Tell when"
          data={choices(WATCH_WORDS)}
          value={draft.kind}
          allowDeselect={false}
          onChange={(value) => set('kind', (value ?? 'failure') as AlertWatch['kind'])} // one of the list's
        />
        {draft.kind === 'budget' || draft.kind === 'expiry' ? null : (
          <Select
            label="Of"
            data={[{ value: '', label: 'All flows' }, ...flows.map(({ id, name }) => ({ value: id, label: name }))]}
            value={draft.flow}
            allowDeselect={false}
            searchable
            onChange={(value) => set('flow', value ?? '')}
          />
        )}
      </div>
      {draft.kind === 'silence' ? (
        <div className={classes.row}>
          <Select
            label="What is missing"
            data={choices({ runs: 'Runs', rows: 'Rows: it runs and finds none', progress: 'Progress in the source' })}
            value={draft.of}
            allowDeselect={false}
            onChange={(value) => set('of', (value ?? 'runs') as RuleDraft['of'])} // one of the list's
          />
          {number('minutes', 'For how many minutes')}
        </div>
      ) : null}
      {draft.kind === 'exceptions' ? (
        <div className={classes.row}>
          {number('atLeast', 'From how many on')}
          <Select
            label="For the desk"
            data={[{ value: '', label: 'Any' }, ...choices(DESK_WORDS)]}
            value={draft.desk}
            allowDeselect={false}
            onChange={(value) => set('desk', value ?? '')}
          />
        </div>
      ) : null}
      {draft.kind === 'budget' ? number('percent', 'Percent of a connection’s daily calls') : null}
      {draft.kind === 'expiry' ? number('days', 'How many days ahead') : null}
      {draft.kind === 'notice' ? (
        <Select
          label="Severity at least"
          data={Object.entries(SEVERITY_WORDS).map(([value, { word }]) => ({ value, label: word }))}
          value={draft.severity}
          allowDeselect={false}
          onChange={(value) => set('severity', (value ?? 'warning') as RuleDraft['severity'])} // one of the list's
        />
      ) : null}
      <Recipients
        title="Tell"
        none="Nobody: it stands in the list only."
        channels={channels}
        value={draft.recipients}
        onChange={(value) => set('recipients', value)}
      />
      <div className={classes.row}>
        {number('digest', 'Messages together, in minutes', { description: '0: each at once.' })}
        {text('zone', 'Clock of', { description: 'A time zone, such as Europe/Berlin.', maxLength: 64 })}
      </div>
      <div className={classes.row}>
        {text('quietFrom', 'Quiet from', { type: 'time' })}
        {text('quietTo', 'Quiet to', { type: 'time' })}
      </div>
      <Recipients
        title="When nobody takes it on, tell also"
        none="Nobody."
        channels={channels}
        value={draft.escalateTo}
        onChange={(value) => {
          set('escalateTo', value)
          set('escalateAfter', value.length === 0 ? '' : draft.escalateAfter || '60')
        }}
      />
      {draft.escalateTo.length > 0 ? number('escalateAfter', 'After how many minutes') : null}
      <Switch
        label="Watches"
        checked={draft.enabled}
        onChange={(event) => set('enabled', event.currentTarget.checked)}
      />
      {missing ? <p className="muted">{missing}</p> : null}
    </EffectDialog>
  )
}
