/** A percentage off the order for members of a segment. */
class SegmentPercent {
  segments: Tags = Tags.of("vip");
  percent: Percent = Percent.of(3);
}

@promo(name="segment-percent", priority=15)
export function segmentPercent(ctx: Context, p: SegmentPercent): Result {
  if (!ctx.customer.inSegments(p.segments)) return Result.none();
  return Result.orderPercent(p.percent, "SEGMENT_PERCENT");
}
