/// Whose answer the layer has to give or store in place of the operation's own.
public enum StandIn: Sendable, Hashable, CaseIterable {
  /// The executor was lost: another node, or this one in an earlier life.
  case lostExecutor
  /// The operation gave no answer in time.
  case silent
  /// This node stopped while the operation ran.
  case stopped
}
