import { Button, Menu, Select } from '@mantine/core'
import { IconVariable } from '@tabler/icons-react'
import { REFERENCE, referenceIn } from '../../server/flow/document/form.ts'
import { useEditor } from '../edit/context.ts'
import type { Field } from './field.ts'
import classes from './FieldInput.module.css'
import { choicesToSay, fitting, questionFor } from './questions.ts'
import type { Settled } from './settled.ts'

/** A setting for which an answer of the flow's form stands: it may differ for each client. */
export function AnswerField(props: {
  field: Field
  value: unknown
  path: string
  settled: Settled
  onChange: (value: unknown) => void
}) {
  const { field, path, settled, onChange } = props
  const editor = useEditor()
  const { form } = settled
  const name = referenceIn(props.value)
  const question = form.find((one) => one.name === name)
  const data = fitting(form, field).map((one) => ({ value: one.name, label: one.title }))
  return (
    <div className={classes.answer} data-field={path} tabIndex={-1}>
      <Select
        label={field.title}
        description={question ? 'Answered in the settings of each flow.' : `No question is called “${name}”.`}
        error={settled.problemAt(path)}
        required={field.required}
        disabled={settled.readOnly}
        leftSection={<IconVariable size={16} aria-hidden />}
        data={
          question && !data.some(({ value }) => value === name)
            ? [{ value: question.name, label: question.title }, ...data]
            : data
        }
        value={name ?? null}
        onChange={(next) => next !== null && onChange({ [REFERENCE]: next })}
      />
      {settled.readOnly ? null : (
        <div className={classes.answerTools}>
          <Button size="compact-xs" variant="subtle" onClick={() => onChange(question?.default ?? field.fallback)}>
            Write a fixed value instead
          </Button>
          <Button size="compact-xs" variant="subtle" onClick={() => editor.command('questions')}>
            All questions
          </Button>
        </div>
      )}
    </div>
  )
}

/** Beside a fixed setting: lets an answer stand for it. */
export function AskMenu(props: { field: Field; value: unknown; settled: Settled; onChange: (value: unknown) => void }) {
  const { field, value, settled, onChange } = props
  const { form } = settled
  const known = fitting(form, field)
  return (
    <Menu position="bottom-end" width={280}>
      <Menu.Target>
        <button
          type="button"
          className={`${classes.tool} ${classes.ask}`}
          aria-label={`${field.title}: fixed. Let an answer stand for it`}
        >
          <IconVariable size={16} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {known.length > 0 ? <Menu.Label>Take the answer to</Menu.Label> : null}
        {known.map((one) => (
          <Menu.Item key={one.name} onClick={() => onChange({ [REFERENCE]: one.name })}>
            {one.title}
          </Menu.Item>
        ))}
        <Menu.Item
          onClick={() => {
            const question = questionFor(form, field, value)
            if (question === undefined) return
            const says = [question.description, choicesToSay(field)].filter(Boolean).join(' ')
            settled.ask({ ...question, ...(says ? { description: says } : {}) }, () =>
              onChange({ [REFERENCE]: question.name }),
            )
          }}
        >
          Ask for it in each flow
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
