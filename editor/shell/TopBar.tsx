import { Menu, SegmentedControl, UnstyledButton, useMantineColorScheme } from '@mantine/core'
import { IconCheck, IconChevronDown, IconSearch, IconUser } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { Me, PreferencesChange } from '../../server/contract/people.ts'
import * as api from '../api.ts'
import { openPalette } from '../palette/store.ts'
import { changePreferences } from '../people/api.ts'
import { homeOf } from './home-of.ts'
import classes from './AppShell.module.css'
import { DENSITIES, setDensity, useDensity } from './preferences.ts'
import { RecordSearch } from './RecordSearch.tsx'

export function TopBar({ session, workspace }: { session: Me; workspace: string }) {
  return (
    <header className={classes.top}>
      <Link
        to="/w/$workspace/flows"
        params={{ workspace }}
        className={classes.brand}
        aria-label="Tieline, to the flows"
      >
        <img src="/icon.svg" alt="" width={28} height={28} />
        <span>Tieline</span>
      </Link>
      <div className={classes.divider} />
      <WorkspaceSwitcher session={session} workspace={workspace} />
      <div className={classes.spacer} />
      <RecordSearch workspace={workspace} />
      <UnstyledButton className={classes.go} aria-keyshortcuts="Control+K" onClick={openPalette}>
        <IconSearch size={18} aria-hidden />
        <span>Go to anything</span>
        <kbd aria-hidden>Ctrl K</kbd>
      </UnstyledButton>
      <PersonMenu session={session} workspace={workspace} />
    </header>
  )
}

function WorkspaceSwitcher({ session, workspace }: { session: Me; workspace: string }) {
  const navigate = useNavigate()
  const name = session.workspaces.find((own) => own.id === workspace)?.name ?? 'Unknown workspace'
  if (session.workspaces.length < 2) {
    return (
      <div className={classes.workspace}>
        <span>{name}</span>
      </div>
    )
  }
  return (
    <Menu position="bottom-start" width={280}>
      <Menu.Target>
        <UnstyledButton className={classes.workspace} aria-label={`Workspace: ${name}. Change`}>
          <span>{name}</span>
          <IconChevronDown size={16} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {session.workspaces.map((own) => (
          <Menu.Item
            key={own.id}
            leftSection={own.id === workspace ? <IconCheck size={16} aria-hidden /> : <span style={{ width: 16 }} />}
            onClick={() => navigate({ to: homeOf(own.role), params: { workspace: own.id } })}
          >
            {own.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

function PersonMenu({ session, workspace }: { session: Me; workspace: string }) {
  const navigate = useNavigate()
  const client = useQueryClient()
  const density = useDensity()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  // Here at once; the other browsers follow. If it cannot be kept, it still holds here.
  const keep = useMutation({
    mutationFn: (wanted: PreferencesChange) => changePreferences(wanted),
    onSettled: () => client.invalidateQueries({ queryKey: ['me'], exact: true }),
  })
  const leave = useMutation({
    mutationFn: api.signOut,
    onSettled: async () => {
      client.clear()
      await navigate({ to: '/sign-in' })
    },
  })
  return (
    <Menu position="bottom-end" width={300} closeOnItemClick={false}>
      <Menu.Target>
        <UnstyledButton className={classes.person} aria-label={`You: ${session.user.name}. Look and sign-out`}>
          <IconUser size={18} aria-hidden />
          <span>{session.user.name}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{session.user.email}</Menu.Label>
        <div className={classes.choice}>
          <span id="choose-theme">Theme</span>
          <SegmentedControl
            aria-labelledby="choose-theme"
            size="xs"
            value={colorScheme}
            onChange={(value) => {
              const theme = value === 'dark' ? 'dark' : value === 'light' ? 'light' : 'auto'
              setColorScheme(theme)
              keep.mutate({ theme })
            }}
            data={[
              { value: 'auto', label: 'System' },
              { value: 'light', label: 'Light' },
              { value: 'dark', label: 'Dark' },
            ]}
          />
        </div>
        <div className={classes.choice}>
          <span id="choose-density">Density</span>
          <SegmentedControl
            aria-labelledby="choose-density"
            size="xs"
            value={density}
            onChange={(value) => {
              const wanted = DENSITIES.find((name) => name === value) ?? 'standard'
              setDensity(wanted)
              keep.mutate({ density: wanted })
            }}
            data={[
              { value: 'comfortable', label: 'Comfortable' },
              { value: 'standard', label: 'Standard' },
              { value: 'compact', label: 'Compact' },
            ]}
          />
        </div>
        <Menu.Divider />
        <Menu.Item closeMenuOnClick onClick={() => navigate({ to: '/w/$workspace/account', params: { workspace } })}>
          Your account
        </Menu.Item>
        <Menu.Item closeMenuOnClick onClick={() => leave.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
