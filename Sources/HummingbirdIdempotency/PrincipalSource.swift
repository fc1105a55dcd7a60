public import Hummingbird
internal import HTTPTypes
public import Idempotency

/// Where the middleware learns who is calling.
public struct PrincipalSource<Context: RequestContext>: Sendable {
  /// The names of the principal's fields, in order: part of how keyspaces derive (rule F11).
  let fields: [String]
  let principal: @Sendable (Request, Context) -> Principal?

  /// The values of request fields, all of them together (rule F10).
  ///
  /// Fields that an authenticating proxy in front sets serve too. An empty field is a missing one, and one that comes
  /// twice identifies nobody.
  /// - Parameters:
  ///   - names: The fields' names.
  ///   - missing: What a request gets that lacks one of them.
  ///   - stableCredential: `authorization` may be among the names: its value is the same over all of a caller's
  ///     retries. Never so for tokens that are renewed.
  /// - Returns: The source.
  /// - Throws: `PolicyError` if there is no name, one that is no field name, or `authorization` that is not said to be
  ///   stable.
  public static func headers(
    _ names: [String], missing: Principal.Missing = .reject, stableCredential: Bool = false
  ) throws(PolicyError) -> PrincipalSource {
    if !stableCredential, names.contains(where: { $0.lowercased() == "authorization" }) {
      throw PolicyError(
        policy: "principal",
        reason: "authorization is not stable over a caller's retries where tokens are renewed; "
          + "name a stable field, or say stableCredential: true")
    }
    // Without a field that counts, all callers would silently share one scope.
    guard !names.isEmpty else { throw PolicyError(policy: "principal", reason: "headers names no field") }
    for name in names where HTTPField.Name(name) == nil {
      throw PolicyError(policy: "principal", reason: "\(name) is no field name")
    }
    let fields = names.map { $0.lowercased() }
    return PrincipalSource(fields: fields) { request, _ in
      .fields(fields, missing: missing) { name in
        HTTPField.Name(name).map { request.headers[values: $0] } ?? []
      }
    }
  }

  /// What the application knows of the caller, such as the user that an authentication middleware found.
  ///
  /// - Parameters:
  ///   - fields: The names of the fields of the principals that it gives, in their order. They are claimed with the
  ///     policies' keyspaces: a node that names others does not get them (rule F11). A worker names its headers or claims
  ///     here. Change the names whenever `principal` begins to identify callers by something else. The default is a name
  ///     that no header has: an application that names no fields agrees with others that name none, and with no worker.
  ///   - principal: Gives the principal, or nil for a caller that nobody knows: 401.
  /// - Returns: The source.
  public static func from(
    fields: [String] = ["(application)"],
    _ principal: @escaping @Sendable (_ request: Request, _ context: Context) -> Principal?
  ) -> PrincipalSource {
    PrincipalSource(fields: fields, principal: principal)
  }

  /// One scope for all callers: for services with a single caller.
  public static var shared: PrincipalSource {
    PrincipalSource(fields: []) { _, _ in .shared }
  }
}
