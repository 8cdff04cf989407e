// From what the views name to where it stands in the project.

import { l10n, Position, Range, Uri, ViewColumn, window } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import { type Fault, PROMOTION_PLACES, type PromotionPlaces } from "../shared/price.ts";
import { uriIn } from "../shared/project-files.ts";
import { showInformation } from "./messages.ts";

/** Shows where a promotion is declared; a case states promotions of its own, which stand nowhere else. */
export async function goToPromotion(
  client: BaseLanguageClient,
  root: string,
  promotion: string,
): Promise<void> {
  const places: PromotionPlaces = await client.sendRequest(PROMOTION_PLACES, {
    root,
    promotions: [promotion],
  });
  const place = places[promotion];
  if (place === undefined) {
    void showInformation(l10n.t("The project declares no promotion {0}.", promotion));
    return;
  }
  await show(Uri.parse(place.uri), new Position(place.line, place.character));
}

export async function goToFault(root: string, { file, line, column }: Fault): Promise<void> {
  await show(Uri.parse(uriIn(root, file)), new Position(line - 1, column - 1));
}

/** Beside the view, so that both are in sight. */
async function show(uri: Uri, at: Position): Promise<void> {
  const open = window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri.toString());
  const viewColumn =
    open?.viewColumn ?? (window.tabGroups.all.length > 1 ? ViewColumn.One : ViewColumn.Beside);
  await window.showTextDocument(uri, { viewColumn, selection: new Range(at, at) });
}
