/** A percentage off the order in some sales channels, such as the app. */
class ChannelPercent {
  /** The channels. */
  channels: Tags = Tags.of("app");
  /** What comes off. */
  percent: Percent = Percent.of(5);
}

@promo(name="channel-percent", template=true)
export function channelPercent(ctx: Context, p: ChannelPercent): Result {
  if (!p.channels.has(ctx.cart.channel)) return Result.none();
  return Result.orderPercent(p.percent, "CHANNEL_PERCENT");
}
