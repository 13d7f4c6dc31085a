// Reads a calendar with one series from stdin, by ical.js in the folder that is named, and prints
// its occurrences as JSON: [place in the series, start, end, title, status].
import { readFileSync } from "node:fs";

const [folder, most] = process.argv.slice(2);
const { default: ICAL } = await import(`${folder}/node_modules/ical.js/dist/ical.js`);
const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
for (const zone of calendar.getAllSubcomponents("vtimezone")) {
  ICAL.TimezoneService.register(new ICAL.Timezone(zone));
}
const events = calendar.getAllSubcomponents("vevent");
const [master] = events.filter((one) => !one.hasProperty("recurrence-id"));
const exceptions = events.filter((one) => one !== master);
const series = new ICAL.Event(master, { exceptions, strictExceptions: false });
const at = (time) => time.toJSDate().toISOString();
const found = [];
const places = series.iterator();
for (let place; found.length < Number(most) && (place = places.next()); ) {
  const { startDate, endDate, item } = series.getOccurrenceDetails(place);
  const status = item.component.getFirstPropertyValue("status") ?? "";
  found.push([at(place), at(startDate), at(endDate), item.summary, status]);
}
process.stdout.write(JSON.stringify(found));
