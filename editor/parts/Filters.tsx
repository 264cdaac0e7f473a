import { MultiSelect, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { flowsQuery } from '../queries.ts'
import classes from './Filters.module.css'

/** What a list is narrowed by; each choice stands in the address. */
export const Filters = ({ label, children }: { label: string; children: ReactNode }) => (
  <search className={classes.filters} aria-label={label}>
    {children}
  </search>
)

/** One choice among named ones, or none: all. */
export function FilterSelect<Name extends string>(props: {
  label: string
  /** What is shown while nothing is chosen: “All states”. */
  all: string
  options: readonly { readonly value: Name; readonly label: string }[]
  value: Name | undefined
  searchable?: boolean
  onChange: (value: Name | undefined) => void
}) {
  return (
    <Select
      label={props.label}
      placeholder={props.all}
      data={[...props.options]}
      value={props.value ?? null}
      clearable
      searchable={props.searchable ?? false}
      clearButtonProps={{ 'aria-label': props.all }}
      onChange={(chosen) => props.onChange(props.options.find((one) => one.value === chosen)?.value)}
    />
  )
}

/** Several choices among named ones, each a chip that takes itself away; or none: all. */
export function FilterChoices<Name extends string>(props: {
  label: string
  all: string
  options: readonly { readonly value: Name; readonly label: string }[]
  values: readonly Name[]
  onChange: (values: readonly Name[]) => void
}) {
  return (
    <MultiSelect
      label={props.label}
      placeholder={props.values.length === 0 ? props.all : ''}
      data={[...props.options]}
      value={[...props.values]}
      // One takes itself away: beside it another cross would leave no room for its word on a phone.
      clearable={props.values.length > 1}
      clearButtonProps={{ 'aria-label': props.all }}
      onChange={(chosen) =>
        props.onChange(props.options.flatMap(({ value }) => (chosen.includes(value) ? [value] : [])))
      }
    />
  )
}

/** One of the workspace's flows. A link may name one that is archived: it is shown all the same. */
export function FlowFilter(props: {
  workspace: string
  value: string | undefined
  onChange: (flow: string | undefined) => void
}) {
  const flows = useQuery(flowsQuery(props.workspace))
  const options = (flows.data?.items ?? []).map((flow) => ({ value: flow.id, label: flow.name }))
  if (props.value !== undefined && !options.some((one) => one.value === props.value)) {
    options.push({ value: props.value, label: flows.data ? 'Another flow' : '…' })
  }
  return (
    <FilterSelect
      label="Flow"
      all="All flows"
      options={options}
      value={props.value}
      searchable
      onChange={props.onChange}
    />
  )
}
