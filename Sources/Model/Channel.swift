/// What carried a message.
public enum Channel: String, Sendable, CaseIterable {
    case sms, mms, rcs, viber, whatsapp, email, imessage, unknown
}
