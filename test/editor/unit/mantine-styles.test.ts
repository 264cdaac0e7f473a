import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const EDITOR = join(import.meta.dirname, '../../../editor')
const STYLES = join(import.meta.dirname, '../../../node_modules/@mantine/core/styles')

// Names in imports that stand for a part with a sheet of another name.
const SHEETS: { readonly [name: string]: readonly string[] } = {
  Select: ['Combobox', 'Input', 'ScrollArea', 'Popover'],
  MultiSelect: ['Combobox', 'Input', 'Pill', 'PillsInput', 'ScrollArea', 'Popover'],
  TextInput: ['Input'],
  Textarea: ['Input'],
  PasswordInput: ['PasswordInput', 'Input', 'ActionIcon'],
  Radio: ['Radio', 'InlineInput'],
  Checkbox: ['Checkbox', 'InlineInput'],
  Switch: ['Switch', 'InlineInput'],
  Modal: ['Modal', 'ModalBase', 'Overlay', 'CloseButton', 'Paper'],
  Menu: ['Menu', 'Popover'],
  Button: ['Button', 'Loader'],
}

test('every part of Mantine that is used has its styles loaded', () => {
  const loaded = readFileSync(join(EDITOR, 'mantine.css.ts'), 'utf8')
  const sources = readdirSync(EDITOR, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.tsx') && !name.startsWith('dist'))
    .map((name) => readFileSync(join(EDITOR, name), 'utf8'))
  const used = new Set(
    sources.flatMap((source) =>
      [...source.matchAll(/import \{([^}]+)\} from '@mantine\/core'/g)].flatMap(([, names = '']) =>
        names.split(',').map((name) => name.trim()),
      ),
    ),
  )
  expect(used).toContain('Button')
  const needed = [...used]
    .flatMap((name) => SHEETS[name] ?? [name])
    .filter((name) => existsSync(join(STYLES, `${name}.css`)))
  expect(needed.filter((name) => !loaded.includes(`/styles/${name}.layer.css'`))).toEqual([])
})
