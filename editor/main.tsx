import '@fontsource-variable/inter/wght.css'
import '@fontsource-variable/jetbrains-mono/wght.css'
import './mantine.css.ts'
import './tokens.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App.tsx'
import { showDensity } from './shell/preferences.ts'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element with the id “root”')
showDensity()
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
