// People who are not in the organization any more: removed with what stays told before, brought back by Undo and from the Trash,
// their private projects claimed with a reason; who comes back is told.
import { look } from '../lib/look.mjs'
import { call, organization } from '../lib/people.mjs'
import { check, reads, until } from '../lib/story.mjs'
import { team } from '../lib/teams.mjs'

export const title = 'a person removed, brought back by Undo and from the Trash; private projects claimed, and told'

export async function tell(story) {
  const server = await story.server({})
  const { Ada, Mia, Bo } = await organization(story, server, { Ada: 'admin', Mia: 'member', Bo: 'member' }, [])
  const world = { story, server, url: server.url, Ada, Mia, Bo }
  await team(server, Ada, 'Mechatronics 2B', [Mia])
  world.project = (await call(Mia, server.url, 'POST', '/projects', { name: 'Own gears' })).id
  await removedAndUndone(world)
  await fromTheTrash(world)
  await claimed(world)
  await isTold(world)
}

const person = ({ page }, name) => page.getByTestId('person').filter({ hasText: name })

async function remove({ Ada }, name) {
  await person(Ada, name).getByTestId('remove-person').click()
  await reads(Ada.page.getByTestId('remove-person-dialog'), '1 private project')
  await Ada.page.getByTestId('confirm-remove-person').click()
  await until(`${name} to be out of the list`, async () => (await person(Ada, name).count()) === 0)
}

/** After they were brought back: one click into the organization, and what is theirs is there. */
async function comesBack({ url, Mia: { page } }) {
  await page.goto(`${url}/library`)
  await page.waitForURL('**/no-organization')
  await page.getByTestId('enter').click()
  await page.waitForURL('**/jobs')
  await page.goto(`${url}/library`)
}

async function removedAndUndone(world) {
  const { url, Ada, Mia } = world
  await Mia.page.goto(`${url}/library`)
  await reads(Mia.page.getByTestId('project'), 'Own gears')
  await Ada.page.goto(`${url}/organization`)
  await remove(world, 'Mia')
  await Mia.page.goto(`${url}/library`)
  await Mia.page.waitForURL('**/no-organization')
  await Ada.page.getByTestId('toast-undo').click()
  await reads(person(Ada, 'Mia'), 'Member')
  check('the teams are back, too', (await person(Ada, 'Mia').getByTestId('person-team').innerText()) === 'Mechatronics 2B')
  await comesBack(world)
  await reads(Mia.page.getByTestId('project'), 'Own gears')
}

async function fromTheTrash(world) {
  const { story, url, Ada, Mia, Bo } = world
  await remove(world, 'Mia')
  await Bo.page.goto(`${url}/trash`)
  await reads(Bo.page.locator('main'), 'The Trash is empty')
  await Ada.page.goto(`${url}/trash`)
  const item = Ada.page.getByTestId('trash-item')
  await reads(item, 'Mia')
  await reads(item, 'Person. Removed by Ada')
  await look(story, Ada, 'trash')
  await item.getByTestId('restore').click()
  await reads(Ada.page.locator('main'), 'The Trash is empty')
  await comesBack(world)
  await reads(Mia.page.getByTestId('project'), 'Own gears')
}

async function claimed(world) {
  const { story, url, Ada, Bo, project } = world
  await Ada.page.goto(`${url}/organization`)
  await person(Ada, 'Mia').waitFor()
  check('there is nothing to claim', (await Ada.page.getByTestId('escrow').count()) === 0)
  await remove(world, 'Mia')
  const card = Ada.page.getByTestId('escrow')
  await reads(card.getByTestId('escrow-item'), /Mia\s+1 private project, since/)
  check('what they are is not said', !(await card.innerText()).includes('Own gears'))
  await look(story, Ada, 'escrow')
  await Bo.page.goto(`${url}/organization`)
  await person(Bo, 'Ada').waitFor()
  check('a Member sees no such card', (await Bo.page.getByTestId('escrow').count()) === 0)
  await card.getByTestId('claim').click()
  const dialog = Ada.page.getByTestId('claim-dialog')
  await reads(dialog, 'Claim 1 private project of Mia?')
  await dialog.getByTestId('confirm-claim').click()
  await until('the reason to be missing', async () => (await dialog.getByTestId('claim-reason').getAttribute('aria-invalid')) === 'true')
  await look(story, Ada, 'claim')
  await dialog.getByTestId('claim-reason').fill('The gears are needed for the fair.')
  await dialog.getByTestId('confirm-claim').click()
  await reads(Ada.page.getByTestId('toast'), 'The private projects of Mia are yours now: 1.')
  await card.waitFor({ state: 'detached' })
  await Ada.page.goto(`${url}/library/${project}`)
  await reads(Ada.page.getByTestId('shared-with'), 'Claimed from Mia')
  await look(story, Ada, 'claimed')
}

async function isTold(world) {
  const { url, Ada, Mia, project } = world
  await Ada.page.goto(`${url}/trash`)
  await Ada.page.getByTestId('trash-item').getByTestId('restore').click()
  await reads(Ada.page.locator('main'), 'The Trash is empty')
  await comesBack(world)
  await reads(Mia.page.locator('main'), 'No projects yet')
  await Mia.page.goto(`${url}/notices`)
  await reads(Mia.page.getByTestId('notice').first(), /Ada claimed .* of yours while you were not in the organization\./)
  await Mia.page.goto(`${url}/library/${project}`)
  await reads(Mia.page.locator('main'), 'There is nothing here')
}
