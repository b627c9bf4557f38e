// One person in two organizations: after going from one to the other nothing of the first is left on screen, in any tab;
// name, role, menu and lists are the other's (rights never mix).
import { look } from '../lib/look.mjs'
import { call, email, organization, PASSWORD } from '../lib/people.mjs'
import { secondOrganization } from '../lib/second.mjs'
import { check, reads, until } from '../lib/story.mjs'

export const title = 'two organizations: name, role, menu and lists change together, in every tab; an unsaved page asks first'

export async function tell(story) {
  const server = await story.server({})
  const { Ada, Mia } = await organization(story, server, { Ada: 'admin', Mia: 'member' }, [])
  const world = { story, server, url: server.url, Ada, Mia }
  await fills(world)
  await goesToTheOther(world)
  await goesBack(world)
  await asksBeforeADraftIsLost(world)
  await onAPhone(world)
}

/** Each has a team and a project of its own; Mia is a Member of the one and an Admin of the other. */
async function fills({ story, server, url, Ada, Mia }) {
  const elsewhere = await story.person('Mia elsewhere')
  await call(elsewhere, url, 'POST', '/sessions', { email: email('Mia'), password: PASSWORD })
  await secondOrganization(server, elsewhere, 'River Workshop')
  for (const [who, name] of [[Mia, 'Harbour'], [elsewhere, 'River']]) {
    await call(who, url, 'POST', '/teams', { name: `${name} crew` })
    await call(who, url, 'POST', '/projects', { name: `${name} plans` })
  }
  const { items } = await call(Ada, url, 'GET', '/people')
  check('Ada sees nobody of the other organization', items.length === 2, items)
}

const shown = async (page) => ({
  organization: await page.locator('.side .org b').innerText(),
  role: await page.getByTestId('account-menu').innerText(),
  applications: await page.locator('.side').getByRole('link', { name: 'Applications' }).count(),
})

/** The page and everything in its lists. */
async function is({ url }, page, { organization: name, role, applications, own, other, people }) {
  await until(`the name ${name}`, async () => (await shown(page)).organization === name)
  const now = await shown(page)
  check('the role is the one here', now.role.includes(role), now.role)
  check('the menu is the one of this role', now.applications === applications, now)
  for (const [path, testid] of [['/library', 'project'], ['/teams', 'team']]) {
    await page.locator('.side').locator(`a[href="${path}"]`).click()
    await page.waitForURL(url + path)
    await reads(page.getByTestId(testid), own)
    const text = await page.locator('main').innerText()
    check(`nothing of the other organization at ${path}`, !text.includes(other), text)
  }
  await page.locator('.side').locator('a[href="/organization"]').click()
  await until('exactly the people of this organization', async () => (await page.getByTestId('person').count()) === people)
  await reads(page.locator('.titles'), name)
}

const harbour = { organization: 'Harbour Lab', role: 'Member', applications: 0, own: 'Harbour', other: 'River', people: 2 }
const river = { organization: 'River Workshop', role: 'Admin', applications: 1, own: 'River', other: 'Harbour', people: 1 }

async function change({ page }) {
  await page.getByTestId('switch-organization').click()
  await page.getByTestId('other-organization').click()
  await page.waitForURL('**/jobs')
}

async function goesToTheOther(world) {
  const { story, url, Mia } = world
  const { page } = Mia
  await page.goto(`${url}/jobs`)
  await is(world, page, harbour)
  world.tab = await story.tab(Mia.context, 'Mia second tab')
  await world.tab.goto(`${url}/library`)
  await reads(world.tab.getByTestId('project'), 'Harbour plans')
  await page.getByTestId('switch-organization').click()
  await reads(page.getByTestId('other-organization'), /River Workshop\s+Admin/)
  await look(story, Mia, 'menu', { menu: true })
  await page.getByTestId('other-organization').click()
  await page.waitForURL('**/jobs')
  await is(world, page, river)
  await look(story, Mia, 'other')
  // The session is one for all tabs of a browser: the other tab does not go on showing what is no longer asked about.
  await is(world, world.tab, river)
}

async function goesBack(world) {
  const { url, Mia, tab } = world
  await Mia.page.goto(`${url}/organization`)
  await Mia.page.getByTestId('invite').waitFor()
  await change(Mia)
  await is(world, Mia.page, harbour)
  check('a Member invites nobody', (await Mia.page.getByTestId('invite').count()) === 0)
  await is(world, tab, harbour)
}

async function asksBeforeADraftIsLost(world) {
  const { url, Mia } = world
  const { page } = Mia
  await change(Mia)
  await until('the other organization', async () => (await shown(page)).organization === 'River Workshop')
  await page.goto(`${url}/permissions`)
  await page.getByTestId('approval-switch').click()
  await page.getByTestId('effect').waitFor()
  let asked = 0
  page.once('dialog', (question) => void ((asked += 1), question.dismiss()))
  await page.getByTestId('switch-organization').click()
  await page.getByTestId('other-organization').click()
  await until('to be asked', () => asked === 1)
  check('it stays where it was', new URL(page.url()).pathname === '/permissions' && (await page.getByTestId('effect').count()) === 1)
  check('the session is still in the same organization', (await call(Mia, url, 'GET', '/session')).organization.name === 'River Workshop')
  page.once('dialog', (question) => void question.accept())
  await change(Mia)
  await is(world, page, harbour)
}

/** Where there is no side navigation, the way is in the menu at the bottom. */
async function onAPhone(world) {
  const { story, Mia } = world
  const { page } = Mia
  const was = page.viewportSize()
  await page.setViewportSize({ width: 390, height: 844 })
  await page.getByTestId('more').click()
  const other = page.getByTestId('other-organization')
  await reads(other, /Open River Workshop\s+Admin/)
  await look(story, Mia, 'phone-menu', { menu: true })
  await other.click()
  await until('the people of the other organization', async () => (await call(Mia, world.url, 'GET', '/session')).organization.name === 'River Workshop')
  await page.waitForURL('**/jobs')
  await page.setViewportSize(was)
  await is(world, page, river)
}
