// How far the phone is from the shop, by the rule of retail/places.py and visits/verdict.py; shown at check-in. Pure.
import type { Datum, Place, Point } from "./shapes";

const EARTH_M = 6_371_008.8; // mean radius, IUGG
const SEMI_MAJOR_M = 6_378_245.0; // Krasovsky 1940, on which GCJ-02 is built
const ECCENTRICITY_SQUARED = 0.006693421622965943;
const BAIDU = (Math.PI * 3000) / 180;
type Degrees = readonly [lon: number, lat: number];
const { sin, cos, sqrt, abs, PI } = Math;

export type Nearness = "at" | "away" | "unknown" | "mock";

/** The point in WGS-84; null when the datum is not known. */
export function toWgs84(lon: number, lat: number, datum: Datum): Degrees | null {
  if (datum === "WGS-84") return [lon, lat];
  if (datum === "GCJ-02") return withoutShift([lon, lat]);
  if (datum !== "BD-09") return null;
  const x = lon - 0.0065, y = lat - 0.006;
  const away = sqrt(x * x + y * y) - 0.00002 * sin(y * BAIDU), angle = Math.atan2(y, x) - 0.000003 * cos(x * BAIDU);
  return withoutShift([away * cos(angle), away * sin(angle)]);
}

/** Metres between the phone and the shop, to a decimetre; null when a point or a datum is unknown. */
export function distanceM(here: Point | null, shop: { lon: number | null; lat: number | null; datum: Datum }): number | null {
  if (here === null || shop.lon === null || shop.lat === null) return null;
  const a = toWgs84(here.lon, here.lat, here.datum), b = toWgs84(shop.lon, shop.lat, shop.datum);
  if (a === null || b === null) return null;
  const rad = PI / 180;
  const half = sin((rad * (b[1] - a[1])) / 2) ** 2 + cos(rad * a[1]) * cos(rad * b[1]) * sin((rad * (b[0] - a[0])) / 2) ** 2;
  return Math.round(20 * EARTH_M * Math.asin(Math.min(1, sqrt(half)))) / 10;
}

/** At the shop when the distance less the accuracy is within the limit. */
export function nearness(place: Place | null, distance: number | null, limitM: number): Nearness {
  if (place?.mock === true) return "mock";
  if (place === null || distance === null) return "unknown";
  return distance - (place.accuracy_m ?? 0) > limitM ? "away" : "at";
}

function toGcj02([lon, lat]: Degrees): Degrees {
  if (lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271) return [lon, lat];
  const x = lon - 105, y = lat - 35;
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x));
  north += ripple(x) + ((20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3;
  north += ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3;
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x));
  east += ripple(x) + ((20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3;
  east += ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3;
  const phi = (lat / 180) * PI, magic = 1 - ECCENTRICITY_SQUARED * sin(phi) ** 2, root = sqrt(magic);
  return [
    lon + (east * 180) / ((SEMI_MAJOR_M / root) * cos(phi) * PI),
    lat + (north * 180) / (((SEMI_MAJOR_M * (1 - ECCENTRICITY_SQUARED)) / (magic * root)) * PI),
  ];
}

const ripple = (x: number): number => ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3;

/** Inverts the shift by fixed point; three turns are below a centimetre. */
function withoutShift(shifted: Degrees): Degrees {
  let found = shifted;
  for (let turn = 0; turn < 3; turn += 1) {
    const again = toGcj02(found);
    found = [found[0] + shifted[0] - again[0], found[1] + shifted[1] - again[1]];
  }
  return found;
}
