export class SpendAndSave {
  /** The goods total from which it applies. */
  threshold: Money = 300_00;
  /** What comes off. */
  off: Money = 50_00;
  /** Only goods in these categories count. */
  categories: Tags = Tags.any();
}
