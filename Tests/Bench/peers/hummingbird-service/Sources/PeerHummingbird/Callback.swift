/// What Telesign posts, as far as this service reads it. Names are spelled out, which is faster than to have them converted.
struct Callback: Decodable {
    struct Status: Codable {
        var code: Int?
        var description: String?
        var updatedOn: String?

        enum CodingKeys: String, CodingKey {
            case code, description
            case updatedOn = "updated_on"
        }
    }

    struct Response: Decodable {
        var senderId: String?
        var phoneNumber: String?
        var moMessage: String?
        var action: String?

        enum CodingKeys: String, CodingKey {
            case action
            case senderId = "sender_id"
            case phoneNumber = "phone_number"
            case moMessage = "mo_message"
        }
    }

    struct Content: Decodable {
        struct Inner: Decodable {
            var body: String?
            var url: String?
            var mimeType: String?

            enum CodingKeys: String, CodingKey {
                case body, url
                case mimeType = "mime_type"
            }
        }
        struct Tap: Decodable {
            var action: String?
            var event: String?
            var text: String?
        }
        struct File: Decodable {
            struct Payload: Decodable {
                var uri: String?
                var mimeType: String?

                enum CodingKeys: String, CodingKey {
                    case uri
                    case mimeType = "mime_type"
                }
            }
            var payload: Payload?
        }
        var text: String?
        var text1: String?
        var urlImage1: String?
        var content: Inner?
        var endUserAction: Tap?
        var file: File?

        enum CodingKeys: String, CodingKey {
            case text, content, file
            case text1 = "text_1"
            case urlImage1 = "url_image_1"
            case endUserAction = "end_user_action"
        }
    }

    var referenceId: String
    var status: Status?
    var phoneNumber: String?
    var email: String?
    var subResource: String?
    var rcsSenderId: String?
    var wabaPhoneNumber: String?
    var submitTimestamp: String?
    var userResponse: Response?
    var content: Content?

    enum CodingKeys: String, CodingKey {
        case status, email, content
        case referenceId = "reference_id"
        case phoneNumber = "phone_number"
        case subResource = "sub_resource"
        case rcsSenderId = "rcs_sender_id"
        case wabaPhoneNumber = "waba_phone_number"
        case submitTimestamp = "submit_timestamp"
        case userResponse = "user_response"
    }
}

/// What it makes of that: one event, whatever the callback.
struct Event: Encodable {
    var id: String
    var channel: String
    var from: String?
    var to: String?
    var text: String?
    var mediaURL: String?
    var mediaType: String?
    var keyword: String?
    var status: Callback.Status?
    var occurredAt: String?
    var receivedAt: Int64

    init(_ callback: Callback, receivedAt: Int64) {
        let (user, content) = (callback.userResponse, callback.content)
        let (inner, tap, file) = (content?.content, content?.endUserAction, content?.file?.payload)
        id = callback.referenceId
        channel =
            callback.wabaPhoneNumber != nil
            ? "whatsapp" : callback.subResource.map { String($0.trimmingPrefix("mo_")) } ?? "sms"
        from = user?.phoneNumber ?? callback.phoneNumber ?? callback.email
        to = user?.senderId ?? callback.rcsSenderId ?? callback.wabaPhoneNumber
        text = user?.moMessage ?? tap?.text ?? content?.text ?? content?.text1 ?? inner?.body
        mediaURL = content?.urlImage1 ?? inner?.url ?? file?.uri
        mediaType = inner?.mimeType ?? file?.mimeType
        keyword = user?.action ?? tap?.action ?? tap?.event
        status = callback.status
        occurredAt = callback.submitTimestamp ?? callback.status?.updatedOn
        self.receivedAt = receivedAt
    }
}
