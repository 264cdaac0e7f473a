/** How long a movement takes: no time for whoever has asked their system for less motion. */
export const motion = (ms: number): number => (window.matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : ms)
