// `npm run dev:mock`: the mock server and the development server side by side.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
const port = process.env.MOCK_PORT ?? '8099'
const options = { stdio: 'inherit', cwd: fileURLToPath(new URL('..', import.meta.url)), env: { ...process.env, MOCK_PORT: port, IMPRIMATUR_API: `http://127.0.0.1:${port}` } }
const children = [spawn('node', ['dev/mock-server.mjs'], options), spawn('node', ['node_modules/vite/bin/vite.js'], options)]
for (const child of children) child.on('exit', () => children.forEach((c) => c.kill()))
process.on('SIGINT', () => children.forEach((c) => c.kill()))
