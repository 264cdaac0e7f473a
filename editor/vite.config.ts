import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// Two vendor groups only: more of them pull rarely used code into the first load. test/editor/budget.test.ts watches it.
export default defineConfig({
  root: new URL('.', import.meta.url).pathname,
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // Fonts stay files of their own, so that a browser loads only the alphabets it meets.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [{ name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ }],
        },
      },
    },
  },
  // `npx vite --config editor/vite.config.ts` beside a running product.
  server: { host: '127.0.0.1', proxy: { '/api': 'http://127.0.0.1:3000' } },
})
