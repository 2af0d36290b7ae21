/** The report page. */
import "./elements/photo-picker.ts";
import "./elements/place-search.ts";
import "./elements/place-picker.ts";
import "./elements/kind-picker.ts";
import "./elements/known-nearby.ts";
import "./elements/report-form.ts";
