// One fix of the phone's position, asked at check-in and at the end, never in between (privacy); or why there is none.
import type { WhyNoPlace } from "./draft";
import type { Place } from "./shapes";

const WAIT_MS = 12_000;
const FRESH_MS = 15_000;

export interface Fix { place: Place | null; why: WhyNoPlace }

/** The browser tells WGS-84. Never throws and never keeps a visit waiting longer than `waitMs`. */
export function locate(waitMs = WAIT_MS): Promise<Fix> {
  const service = navigator.geolocation as Geolocation | undefined;
  if (service === undefined) return Promise.resolve({ place: null, why: "unavailable" });
  return new Promise((resolve) => {
    const late = setTimeout(() => { resolve({ place: null, why: "slow" }); }, waitMs + 500);
    const told = (fix: Fix): void => { clearTimeout(late); resolve(fix); };
    service.getCurrentPosition(
      ({ coords }) => {
        const accuracy = Number.isFinite(coords.accuracy) ? Math.round(coords.accuracy * 10) / 10 : null;
        told({ place: { lon: round(coords.longitude), lat: round(coords.latitude), datum: "WGS-84", accuracy_m: accuracy }, why: "" });
      },
      (error) => { told({ place: null, why: error.code === 1 ? "denied" : error.code === 3 ? "slow" : "unavailable" }); },
      { enableHighAccuracy: true, timeout: waitMs, maximumAge: FRESH_MS },
    );
  });
}

const round = (degrees: number): number => Math.round(degrees * 1e7) / 1e7;
