import {
  Button,
  Checkbox,
  createTheme,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  Modal,
  Notification,
  PasswordInput,
  Radio,
  Select,
  Switch,
  TextInput,
} from '@mantine/core'

// Index 6 is the accent of the light scheme, 3 that of the dark one; see tokens.css.
const accent: MantineColorsTuple = [
  '#f1f0fd',
  '#dfddfb',
  '#c4c1f7',
  '#a8a3ff',
  '#7f79e6',
  '#625cd6',
  '#4b45c6',
  '#3f3aad',
  '#353190',
  '#2a2773',
]

const danger: MantineColorsTuple = [
  '#fdecea',
  '#fbd5d1',
  '#ffb8b0',
  '#ff9c92',
  '#ea6a5e',
  '#d23f33',
  '#b42318',
  '#971c13',
  '#7a1710',
  '#5c120c',
]

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 6, dark: 3 },
  colors: { accent, danger },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: 'var(--mono)',
  defaultRadius: 8,
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
  fontSizes: { xs: '12px', sm: '14px', md: '14px', lg: '16px', xl: '20px' },
  headings: { fontWeight: '650' },
  components: {
    // The theme's own contrast does not see which scheme is shown: the filled colour changes with it, the text must too.
    Button: Button.extend({
      defaultProps: { size: 'sm' },
      vars: (_theme, props) => ({
        root:
          props.variant === undefined || props.variant === 'filled'
            ? { '--button-color': 'var(--on-accent)' }
            : props.variant === 'subtle'
              ? { '--button-color': 'var(--accent)' }
              : {},
      }),
    }),
    Checkbox: Checkbox.extend({ defaultProps: { iconColor: 'var(--on-accent)' } }),
    Radio: Radio.extend({ defaultProps: { iconColor: 'var(--on-accent)' } }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } }),
    Modal: Modal.extend({ defaultProps: { radius: 10, centered: true, transitionProps: { duration: 180 } } }),
    TextInput: TextInput.extend({ defaultProps: { size: 'sm' } }),
    PasswordInput: PasswordInput.extend({ defaultProps: { size: 'sm' } }),
    Select: Select.extend({ defaultProps: { size: 'sm', allowDeselect: false, withAlignedLabels: true } }),
    Switch: Switch.extend({ defaultProps: { size: 'md' } }),
  },
})

/** Lets Mantine's parts draw with the tokens, so that there is one place for a colour. */
export const resolveVariables: CSSVariablesResolver = () => {
  const variables = {
    '--mantine-color-body': 'var(--surface)',
    '--mantine-color-text': 'var(--text)',
    '--mantine-color-bright': 'var(--text)',
    '--mantine-color-dimmed': 'var(--muted)',
    '--mantine-color-placeholder': 'var(--muted)',
    '--mantine-color-error': 'var(--failed)',
    '--mantine-color-anchor': 'var(--accent)',
    '--mantine-color-default': 'var(--surface)',
    '--mantine-color-default-hover': 'var(--sunken)',
    '--mantine-color-default-color': 'var(--text)',
    '--mantine-color-default-border': 'var(--control-border)',
    '--mantine-color-disabled': 'var(--sunken)',
    '--mantine-color-disabled-color': 'var(--muted)',
    '--mantine-primary-color-contrast': 'var(--on-accent)',
  }
  return { variables: {}, light: variables, dark: variables }
}
