// Reads calendars with one series each from stdin, a line of JSON each, by ical.js in the folder that
// is named; prints their occurrences, a line each: [place in the series, start, end, title, status].
import { createInterface } from "node:readline";

const [folder, most] = process.argv.slice(2);
const { default: ICAL } = await import(`${folder}/node_modules/ical.js/dist/ical.js`);
const at = (time) => time.toJSDate().toISOString();

for await (const line of createInterface(process.stdin)) {
  ICAL.TimezoneService.reset();
  process.stdout.write(`${JSON.stringify(occurrences(JSON.parse(line)))}\n`);
}

function occurrences(text) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  for (const zone of calendar.getAllSubcomponents("vtimezone")) {
    ICAL.TimezoneService.register(new ICAL.Timezone(zone));
  }
  const events = calendar.getAllSubcomponents("vevent");
  const [master] = events.filter((one) => !one.hasProperty("recurrence-id"));
  const exceptions = events.filter((one) => one !== master);
  const series = new ICAL.Event(master, { exceptions, strictExceptions: false });
  const found = [];
  const places = series.iterator();
  for (let place; found.length < Number(most) && (place = places.next()); ) {
    const { startDate, endDate, item } = series.getOccurrenceDetails(place);
    const status = item.component.getFirstPropertyValue("status") ?? "";
    found.push([at(place), at(startDate), at(endDate), item.summary, status]);
  }
  return found;
}
