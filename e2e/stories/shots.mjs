// Only the pictures.
import { tell as look } from './pages.mjs'

export const title = 'pictures of every page, in e2e/shots'
export const seconds = 300
export const tell = (story) => look(story, { judge: false })
