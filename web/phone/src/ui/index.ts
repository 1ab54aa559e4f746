// Everything that a screen is built from, in one import.
export { Button, Card, Choice, Empty, Page, type Option } from "./basics";
export { NumberPad } from "./pad";
export { Bar, DIMENSIONS, Grid135, Sparkline, STEPS, type Cell, type CellState } from "./pictures";
export { Sheet, Toast, toast } from "./over";
