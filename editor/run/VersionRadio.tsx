import { Radio, Stack } from '@mantine/core'

export type VersionChoice = 'same' | 'live'

/** Which version of the flow does the work that is done again. `same` is its number, where there is one for all. */
export function VersionRadio(props: {
  same: number | undefined
  value: VersionChoice
  onChange: (value: VersionChoice) => void
}) {
  return (
    <Radio.Group
      label="With which version of the flow"
      value={props.value}
      onChange={(value) => props.onChange(value === 'live' ? 'live' : 'same')}
    >
      <Stack gap="xs" mt="xs">
        <Radio
          value="same"
          label={props.same === undefined ? 'The version each of them had' : `Version ${props.same}, as it was`}
        />
        <Radio value="live" label="The live version" description="With what has been corrected and published since." />
      </Stack>
    </Radio.Group>
  )
}
