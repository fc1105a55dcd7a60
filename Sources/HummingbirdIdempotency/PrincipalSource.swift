public import Hummingbird
internal import HTTPTypes
public import Idempotency

/// Where the middleware learns who is calling.
public struct PrincipalSource<Context: RequestContext>: Sendable {
  let principal: @Sendable (Request, Context) -> Principal?

  /// What a caller gets that the named fields do not identify.
  public enum Missing: Sendable, Hashable {
    /// 401, and the key is not consumed (rule A5).
    case reject
    /// One scope for all such callers.
    case shared
  }

  /// The values of request fields, all of them together (rule F10).
  ///
  /// Fields that an authenticating proxy in front sets serve too.
  /// - Parameters:
  ///   - names: The fields' names.
  ///   - missing: What a request gets that lacks one of them.
  ///   - stableCredential: `authorization` may be among the names: its value is the same over all of a caller's
  ///     retries. Never so for tokens that are renewed.
  /// - Returns: The source.
  /// - Throws: `PolicyError` if there is no name, one that is no field name, or `authorization` that is not said to be
  ///   stable.
  public static func headers(
    _ names: [String], missing: Missing = .reject, stableCredential: Bool = false
  ) throws(PolicyError) -> PrincipalSource {
    if !stableCredential, names.contains(where: { $0.lowercased() == "authorization" }) {
      throw PolicyError(
        policy: "principal",
        reason: "authorization is not stable over a caller's retries where tokens are renewed; "
          + "name a stable field, or say stableCredential: true")
    }
    // Without a field that counts, all callers would silently share one scope.
    guard !names.isEmpty else { throw PolicyError(policy: "principal", reason: "headers names no field") }
    let fields = try names.map { name throws(PolicyError) in
      guard let field = HTTPField.Name(name) else {
        throw PolicyError(policy: "principal", reason: "\(name) is no field name")
      }
      return (name: name.lowercased(), field: field)
    }
    return PrincipalSource { request, _ in
      let values = fields.map { Principal.Field(name: $0.name, value: request.headers[$0.field]) }
      if missing == .reject, values.contains(where: { $0.value == nil }) { return nil }
      return Principal(fields: values)
    }
  }

  /// What the application knows of the caller, such as the user that an authentication middleware found.
  ///
  /// - Parameter principal: Gives the principal, or nil for a caller that nobody knows: 401.
  /// - Returns: The source.
  public static func from(
    _ principal: @escaping @Sendable (_ request: Request, _ context: Context) -> Principal?
  ) -> PrincipalSource {
    PrincipalSource(principal: principal)
  }

  /// One scope for all callers: for services with a single caller.
  public static var shared: PrincipalSource {
    PrincipalSource { _, _ in .shared }
  }
}
