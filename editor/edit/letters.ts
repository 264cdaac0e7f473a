import { useSyncExternalStore } from 'react'

// Keys of one letter get in the way of those who speak to their computer (WCAG 2.1.4): they can be switched off.
const KEY = 'tieline.letters'
const listeners = new Set<() => void>()

export function lettersOn(): boolean {
  try {
    return localStorage.getItem(KEY) !== 'off'
  } catch {
    return true
  }
}

export function setLetters(on: boolean): void {
  try {
    localStorage.setItem(KEY, on ? 'on' : 'off')
  } catch {
    // Without storage they stay on.
  }
  for (const tell of listeners) tell()
}

export const useLetters = (): boolean =>
  useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }, lettersOn)
