import { Button, Stack, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { TemplateView, WhatIfView } from '../../server/contract/templates.ts'
import * as api from '../api.ts'
import { countOf, sayCount, sayTenths } from '../format/number.ts'
import { Banner } from '../parts/Banner.tsx'
import classes from './WhatIf.module.css'
import { Failure } from '../parts/Failure.tsx'

/** What each way of a template's choice makes and costs, at the volume of the chosen account or at another. */
export function WhatIf(props: {
  workspace: string
  template: TemplateView
  bindings: { readonly [slot: string]: string }
  /** Of the form so far; undefined while a field of it cannot be read. */
  answers: { readonly [name: string]: unknown } | undefined
}) {
  const { workspace, template, bindings, answers } = props
  const whatIf = template.whatIf
  const [typed, setTyped] = useState<{ readonly [name: string]: string }>({})
  const compare = useMutation({
    mutationFn: (volume: { readonly [name: string]: number } | undefined) =>
      api.whatIf(workspace, template.id, { bindings, ...(answers ? { answers } : {}), ...(volume ? { volume } : {}) }),
    onSuccess: ({ volume }) => setTyped(Object.fromEntries(volume.map(({ name, perDay }) => [name, String(perDay)]))),
  })
  if (!whatIf) return null
  const question = template.form.find(({ name }) => name === whatIf.question)
  const given = Object.fromEntries(whatIf.counts.map(({ name }) => [name, Number(typed[name] || 0)]))
  const readable = Object.values(given).every((count) => Number.isFinite(count) && count >= 0 && count <= 1_000_000)
  const counted = bindings[whatIf.source] !== undefined
  return (
    <section aria-label={`What if: ${question?.title ?? whatIf.question}`}>
      <Stack gap="sm">
        <div>
          <strong>{question?.title ?? whatIf.question}: which way?</strong>
          <p className="muted">
            Compare both at the volume of this account. Nothing is sent; lists of the last four weeks are counted.
          </p>
        </div>
        <div className={classes.ways}>
          <Button
            variant="default"
            className={classes.way ?? ''}
            loading={compare.isPending}
            disabled={!counted}
            onClick={() => compare.mutate(undefined)}
          >
            Count and compare
          </Button>
        </div>
        <div className={classes.ways}>
          {whatIf.counts.map(({ name }) => (
            <TextInput
              key={name}
              label={`${name.charAt(0).toUpperCase()}${name.slice(1)} a day`}
              inputMode="decimal"
              className={classes.count ?? ''}
              value={typed[name] ?? ''}
              onChange={(event) => setTyped({ ...typed, [name]: event.currentTarget.value })}
            />
          ))}
          <Button
            variant="default"
            className={classes.way ?? ''}
            disabled={!readable || compare.isPending || Object.values(given).every((count) => count === 0)}
            onClick={() => compare.mutate(given)}
          >
            Compare these
          </Button>
        </div>
        {counted ? null : (
          <p className="muted">
            Choose a connection for “{template.slots.find(({ slot }) => slot === whatIf.source)?.title}” to count, or
            say how many there are.
          </p>
        )}
        {readable ? null : <p className="muted">Say how many as a number up to 1,000,000.</p>}
        <Failure error={compare.error} />
        {compare.data ? <Comparison compared={compare.data} chosen={answers?.[whatIf.question]} /> : null}
      </Stack>
    </section>
  )
}

function Comparison({ compared, chosen }: { compared: WhatIfView; chosen: unknown }) {
  const { choices, countedDays, perDay, volume, assumptions } = compared
  const rows: readonly (readonly [string, (one: WhatIfView['choices'][number]) => string])[] = [
    ['Documents a day', (one) => sayRound(one.documents)],
    ['Documents a month', (one) => sayCount(one.documentsOfMonth)],
    ['Lines a day, at most', (one) => sayCount(one.lines)],
    ['Calls a day, at most', (one) => sayCount(one.calls)],
    ['Share of the daily allowance', (one) => sayShare(one.shareOfDay, perDay)],
  ]
  return (
    <div role="status" className={classes.compared}>
      <div className={classes.frame}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{saidVolume(volume, countedDays)}</th>
              {choices.map(({ value, title }) => (
                <th key={value} scope="col" data-chosen={value === chosen || undefined}>
                  {title}
                  {value === chosen ? ' (chosen)' : ''}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([title, say]) => (
              <tr key={title}>
                <th scope="row">{title}</th>
                {choices.map((one) => (
                  <td key={one.value}>{say(one)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {choices.map(({ value, title, advice }) =>
        advice === null ? null : <Banner key={value} tone="attention" title={`${title}: ${advice}`} />,
      )}
      <p className="muted">{assumptions.join(' ')}</p>
    </div>
  )
}

const sayRound = (count: number): string =>
  count < 10 && count % 1 !== 0 ? sayTenths(count) : sayCount(Math.round(count))

function sayShare(share: number | null, perDay: number | null): string {
  if (share === null || perDay === null) return 'no limit known'
  const said = share > 0 && share < 0.01 ? 'less than 1 %' : `${Math.round(share * 100)} %`
  return `${said} of ${sayCount(perDay)}`
}

const saidVolume = (volume: WhatIfView['volume'], days: number | null): string =>
  `${volume.map(({ name, perDay }) => `${sayRound(perDay)} ${name} a day`).join(', ')}${
    days === null ? '' : `, counted over ${countOf(days, 'day')}`
  }`
