"""What each reason code says, in English and Chinese. Names in braces are names of the reason's `detail`."""

from __future__ import annotations

from msgspec import Struct


class ReasonText(Struct, frozen=True):
    """A reason code of the contract and its sentence in two languages."""

    code: str
    group: str
    """Heading under which the contract lists the code."""
    english: str
    chinese: str


def _group(group: str, *texts: tuple[str, str, str]) -> tuple[ReasonText, ...]:
    return tuple(ReasonText(code, group, english, chinese) for code, english, chinese in texts)


REASON_TEXTS: tuple[ReasonText, ...] = (
    *_group(
        "Identity",
        (
            "ID_NUMBER_INVALID",
            "The ID number is not valid: its length, birth date or check digit is wrong.",
            "身份证号无效：长度、出生日期或校验位有误。",
        ),
        (
            "ID_MANY_PROFILES",
            "The same ID number applied under {profiles} combinations of name and phone within {window}.",
            "同一身份证号在{window}内使用了{profiles}组不同的姓名和手机号。",
        ),
        (
            "PROFILE_MANY_IDS",
            "The same name and phone applied with {identities} ID numbers within {window}.",
            "同一姓名和手机号在{window}内使用了{identities}个身份证号。",
        ),
        (
            "PHONE_IS_OTHERS_CONTACT",
            "{applicants} other applicants named this phone as their contact's within {window}.",
            "{window}内有{applicants}名其他申请人将该手机号填为联系人。",
        ),
        (
            "CONTACT_IS_SELF",
            "The applicant named the own phone as a contact's.",
            "申请人将本人手机号填为联系人电话。",
        ),
        (
            "AGE_OUT_OF_RANGE",
            "The applicant is {age_years} years old; the policy accepts {minimum} to {maximum}.",
            "申请人年龄{age_years}岁，不在政策允许的{minimum}至{maximum}岁范围内。",
        ),
        (
            "APPLICATION_RESUBMITTED",
            "The same application was sent {resubmissions} times before.",
            "同一申请此前已提交{resubmissions}次。",
        ),
    ),
    *_group(
        "Device",
        (
            "DEVICE_MANY_IDENTITIES",
            "{identities} people applied with this device within {window}.",
            "{window}内有{identities}名不同申请人使用该设备申请。",
        ),
        (
            "ID_MANY_DEVICES",
            "The applicant used {devices} devices within {window}.",
            "申请人在{window}内使用了{devices}台设备。",
        ),
        ("DEVICE_EMULATOR", "The application came from an emulator.", "申请来自模拟器。"),
        ("DEVICE_ROOTED", "The device is rooted or jailbroken.", "设备已被ROOT或越狱。"),
        ("DEVICE_VPN", "The device used a VPN or proxy.", "设备使用了VPN或代理。"),
        ("DEVICE_HOOKED", "A hooking framework was found on the device.", "设备上检测到Hook框架。"),
        (
            "DEVICE_NEW",
            "The device was first seen {age_h} hours before the application.",
            "设备在申请前{age_h}小时才首次出现。",
        ),
        ("DEVICE_MISSING", "The application names no device.", "申请缺少设备信息。"),
        (
            "DEVICES_ALIKE",
            "{applicants} people applied within {window} with devices of one model in one place: a share of {share} of"
            " all who applied there.",
            "{window}内有{applicants}人在同一地点使用同一型号的设备申请，占该地点申请人的比例为{share}。",
        ),
        (
            "DEVICE_DISGUISED",
            "The device called itself by {models} models within {window}.",
            "该设备在{window}内自称{models}种不同型号。",
        ),
    ),
    *_group(
        "Location",
        (
            "IMPOSSIBLE_TRAVEL",
            "The applicant's device, phone or ID number was seen {distance_km} km away, a journey at {speed_kmh} km/h.",
            "申请人的设备、手机号或身份证号曾出现在{distance_km}公里之外，折合时速{speed_kmh}公里。",
        ),
        (
            "GPS_CELL_CROWDED",
            "{applicants} people applied from the same spot within {window}; usual there: {usual}.",
            "{window}内有{applicants}人在同一地点申请，当地通常为{usual}。",
        ),
        (
            "GPS_FAR_FROM_ADDRESS",
            "The device was {distance_km} km from the home address.",
            "设备位置距居住地址{distance_km}公里。",
        ),
        (
            "GPS_FAR_FROM_STORE",
            "The device was {distance_km} km from the store.",
            "设备位置距门店{distance_km}公里。",
        ),
        (
            "IP_CROWDED",
            "{applicants} people applied from the same IP address within {window}.",
            "{window}内有{applicants}人从同一IP地址申请。",
        ),
    ),
    *_group(
        "Velocity",
        (
            "ID_VELOCITY",
            "The applicant applied {applications} times within {window}.",
            "申请人在{window}内申请了{applications}次。",
        ),
        (
            "PHONE_VELOCITY",
            "{applications} applications gave this phone within {window}.",
            "{window}内有{applications}笔申请使用该手机号。",
        ),
        (
            "DEVICE_VELOCITY",
            "{applications} applications came from this device within {window}.",
            "{window}内该设备提交了{applications}笔申请。",
        ),
        (
            "BANK_CARD_SHARED",
            "{applicants} people gave the same bank card within {window}.",
            "{window}内有{applicants}名申请人使用同一银行卡。",
        ),
        (
            "MERCHANT_BURST",
            "{applications} applications came through the merchant within {window}, {ratio} times its usual rate.",
            "该商户在{window}内有{applications}笔申请，为平时的{ratio}倍。",
        ),
    ),
    *_group(
        "Multi-lender",
        (
            "MULTI_LENDER",
            "The applicant applied to {lenders} lenders within {window}.",
            "申请人在{window}内向{lenders}家机构申请借款。",
        ),
        (
            "DEBT_BURDEN",
            "The applicant's debt is {debt_to_income} times the yearly income.",
            "申请人负债为年收入的{debt_to_income}倍。",
        ),
        (
            "BUREAU_QUERIES",
            "Lenders asked the credit bureau about the applicant {queries} times within {window}.",
            "{window}内征信被查询{queries}次。",
        ),
    ),
    *_group(
        "Network",
        (
            "LINKED_TO_FRAUD",
            "{frauds} confirmed frauds are near; the nearest is {distance} links away.",
            "关联网络中有{frauds}笔已确认欺诈，最近的相隔{distance}层关联。",
        ),
        (
            "RING_LARGE",
            "The application belongs to a ring of {ring_size} applications by {applicants} people.",
            "该申请属于由{applicants}人、{ring_size}笔申请组成的团伙。",
        ),
        (
            "RING_GROWING",
            "The application belongs to a ring of {ring_size} applications that is growing quickly.",
            "该申请所属的{ring_size}笔申请的团伙正在快速扩大。",
        ),
        (
            "CONTACT_SHARED",
            "{applicants} people named the same contact within {window}.",
            "{window}内有{applicants}名申请人填写了同一联系人。",
        ),
        (
            "EMPLOYER_CROWDED",
            "{applicants} people with the same employer applied within {window}.",
            "{window}内有{applicants}名同一工作单位的申请人。",
        ),
    ),
    *_group(
        "Blacklist",
        (
            "BLACKLIST_HIT",
            "The applicant is listed: {own} hits on own lists, {external} on external ones; the nearest {distance} hops"
            " away.",
            "申请人命中黑名单：自有名单{own}条，外部名单{external}条；最近距离{distance}跳。",
        ),
        (
            "BLACKLIST_NEAR",
            "Listed people are near, {distance} hops away: {alike} much like the applicant, {contacts} contacts,"
            " {naming} who name the applicant as a contact, {linked} linked applications.",
            "关联人命中黑名单，最近距离{distance}跳：疑似本人{alike}条，联系人{contacts}个，将申请人填为联系人的{naming}人，"
            "关联申请{linked}笔。",
        ),
        (
            "BLACKLIST_UNKNOWN",
            "{services} external list services did not answer, so the applicant may be listed there.",
            "{services}个外部名单服务未返回结果，申请人是否命中未知。",
        ),
    ),
    *_group(
        "Liveness",
        ("LIVENESS_FAILED", "The liveness check scored {score} of 1.", "活体检测得分{score}（满分1）。"),
        (
            "FACE_MISMATCH",
            "The face matches the ID photo by only {face_match} of 1.",
            "人脸与证件照相似度仅{face_match}（满分1）。",
        ),
        (
            "FACE_REUSED",
            "The same face applied under {applicants} ID numbers within {window}.",
            "同一人脸在{window}内使用了{applicants}个身份证号。",
        ),
        (
            "LIVENESS_RETRIES",
            "The liveness check took {attempts} attempts.",
            "活体检测尝试了{attempts}次。",
        ),
    ),
    *_group(
        "Merchant",
        ("MERCHANT_TIER_C", "The merchant is in tier C.", "商户等级为C级。"),
        ("MERCHANT_SUSPENDED", "The merchant is suspended.", "商户已被暂停合作。"),
        ("MERCHANT_OVER_QUOTA", "The merchant has used up its quota.", "商户额度已用完。"),
        (
            "SALES_REP_RISK",
            "The sales rep brought {applications} risky applications within {window}.",
            "该业务员在{window}内经办了{applications}笔高风险申请。",
        ),
        ("PRODUCT_MISMATCH", "The product does not fit the merchant.", "申请产品与商户类别不符。"),
    ),
    *_group(
        "Behaviour",
        (
            "NIGHT_APPLICATION",
            "The application was made at night, at hour {local_hour} local time.",
            "申请在当地深夜{local_hour}时提交。",
        ),
        (
            "AMOUNT_NEAR_MAXIMUM",
            "The amount of {amount_cny} yuan is at or near the product's maximum.",
            "申请金额{amount_cny}元接近或达到产品上限。",
        ),
        (
            "AMOUNT_OVER_INCOME",
            "The amount is {ratio} times the monthly income.",
            "申请金额为月收入的{ratio}倍。",
        ),
        (
            "FORM_FILLED_BY_MACHINE",
            "The form was filled in {fill_ms} ms: no person types like that.",
            "表单在{fill_ms}毫秒内填完，疑似机器填写。",
        ),
        (
            "FORMS_TOO_REGULAR",
            "{forms} forms were filled in on the device within {window}, all in nearly the same time or at nearly the"
            " same intervals: people differ more.",
            "该设备在{window}内填写了{forms}份表单，用时或间隔几乎相同，疑似机器填写。",
        ),
        (
            "COLLECTION_CONTACT",
            "Collectors reached out to the applicant: {calls} calls and {messages} messages in 30 days.",
            "近30天内有催收联系：电话{calls}次，短信{messages}条。",
        ),
        (
            "OVERDUE_HISTORY",
            "The applicant was overdue {count} times in 12 months, at most {days} days in 24 months.",
            "申请人近12个月逾期{count}次，近24个月最长逾期{days}天。",
        ),
    ),
    *_group(
        "Model",
        (
            "MODEL_HIGH_SCORE",
            "The model's fraud probability of {fraud_score} reaches the threshold of {threshold}; what raised it most:"
            " {features}.",
            "模型欺诈概率{fraud_score}，达到阈值{threshold}；主要因素：{features}。",
        ),
        (
            "MODEL_ANOMALY",
            "The application is unusual: {anomaly} of 1 by the anomaly model.",
            "申请异常：异常检测得分{anomaly}（满分1）。",
        ),
    ),
    *_group(
        "Control",
        (
            "DEGRADED_DEPENDENCY",
            "Decided without {dependencies}; it is decided again when they are back.",
            "决策时{dependencies}不可用，恢复后将重新决策。",
        ),
        (
            "RANDOM_CONTROL",
            "Chosen at random for a review, to check the automatic decisions.",
            "随机抽取复核，用于检验自动决策。",
        ),
    ),
)
"""In the contract's order."""
