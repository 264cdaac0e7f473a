import { lazy, Suspense, useId, useRef, useState } from 'react'
import { Preview } from '../expression/Preview.tsx'
import { collapsing } from '../expression/sample-paths.ts'
import classes from '../expression/Expression.module.css'
import type { Field } from './field.ts'
import type { Settled } from './settled.ts'

const ExpressionEditor = lazy(() => import('../expression/ExpressionEditor.tsx'))

/** An expression with what it needs around it: fields of the sample to click or drag in, its result, what is risky. */
export function ExpressionField(props: {
  field: Field
  value: unknown
  path: string
  settled: Settled
  onChange: (value: unknown) => void
}) {
  const { field, path, settled, onChange } = props
  const id = useId()
  const [at, setAt] = useState(0)
  const [help, setHelp] = useState<string>()
  const insert = useRef<(text: string) => void>(undefined)
  const given = typeof props.value === 'string' ? props.value : undefined
  const value = given ?? (typeof field.fallback === 'string' ? field.fallback : '')
  const problems = settled.problemsAt(path)
  const lists = collapsing(value, settled.sample.paths)
  const isError = problems.some((problem) => problem.severity === 'error')
  return (
    <div className={classes.field} data-field={path} tabIndex={-1}>
      <div className={classes.head}>
        <span className={classes.label} id={`${id}-label`}>
          {field.title}
          {field.required ? <span aria-hidden> *</span> : null}
        </span>
      </div>
      <p className={classes.description} id={`${id}-text`}>
        {field.description}
      </p>
      <div className={classes.frame} data-invalid={isError || undefined}>
        <Suspense fallback={<pre className={classes.none}>{value}</pre>}>
          <ExpressionEditor
            value={value}
            label={field.title}
            describedBy={`${id}-text ${id}-problems`}
            invalid={isError}
            readOnly={settled.readOnly}
            placeholder="For example { &quot;email&quot;: EmailAddress }"
            paths={settled.sample.paths}
            answers={settled.form}
            onChange={(text) => onChange(text === '' ? undefined : text)}
            onFocus={(write) => {
              insert.current = write
              settled.onFocusField(path, write)
            }}
            onFunction={setHelp}
          />
        </Suspense>
      </div>
      {help ? <p className={classes.help}>{help}</p> : null}
      <div id={`${id}-problems`}>
        {problems.map((problem) => (
          <p key={problem.message} className={classes.problem} data-severity={problem.severity}>
            {problem.message}{' '}
            {problem.fix && problem.position !== undefined ? (
              <button
                type="button"
                className={classes.fix}
                onClick={() => {
                  const { position = 0, fix } = problem
                  if (fix && value.startsWith(fix.from, position))
                    onChange(value.slice(0, position) + fix.to + value.slice(position + fix.from.length))
                }}
              >
                Write {problem.fix.to} instead
              </button>
            ) : null}
          </p>
        ))}
        {lists.map((list) => (
          <p key={list} className={classes.problem} data-severity="warning">
            “{list}” is a list. Where it has one element, an expression through it gives that element and not a list of
            one. If what takes the result needs a list, write {list}[] .
          </p>
        ))}
      </div>
      <Preview
        workspace={settled.workspace}
        flow={settled.flow}
        expression={value}
        records={settled.sample.records}
        at={at}
        onAt={setAt}
      />
      {settled.sample.paths.length > 0 && !settled.readOnly ? (
        <details className={classes.fields}>
          <summary>Fields of the sample: click one, or drag it into the text</summary>
          <ul className={classes.paths}>
            {settled.sample.paths.map((one) => (
              <li key={one.path}>
                <button
                  type="button"
                  draggable
                  onDragStart={(event) => event.dataTransfer.setData('text/plain', one.path)}
                  onClick={() =>
                    insert.current
                      ? insert.current(one.path)
                      : onChange(value === '' ? one.path : `${value} ${one.path}`)
                  }
                >
                  <code>{one.path}</code>
                  <span className="muted">{one.value}</span>
                </button>
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </div>
  )
}
