#[automatically_derived]
impl ::kafka_sdk::typed::HasFormat for OrderPlaced {
    type Format = ::kafka_sdk::typed::Json;
}
#[automatically_derived]
impl ::kafka_sdk::KafkaMessage for OrderPlaced {
    const TOPIC: ::core::option::Option<&'static str> = ::core::option::Option::Some(
        "orders.v1",
    );
    type Key<'k> = <String as ::kafka_sdk::typed::Key>::Lent<'k>;
    fn to_record<'r>(
        &'r self,
        buffer: &'r mut ::std::vec::Vec<u8>,
    ) -> ::kafka_sdk::Result<::kafka_sdk::Record<'r>> {
        let mut record = ::kafka_sdk::Record::new(
            ::kafka_sdk::typed::encode_value(self, buffer)?,
        );
        let value = &self.order_id;
        record = record.key(<String as ::kafka_sdk::typed::Key>::to_payload(value));
        let value = &self.customer_id;
        record = record
            .partition_by(<i64 as ::kafka_sdk::typed::Key>::to_payload(value));
        if let ::core::option::Option::Some(value) = &self.trace {
            record = record
                .header(
                    "trace-id",
                    <String as ::kafka_sdk::typed::HeaderValue>::to_payload(value),
                );
        }
        let value = &self.tenant_id;
        record = record
            .header(
                "tenant-id",
                <String as ::kafka_sdk::typed::HeaderValue>::to_payload(value),
            );
        let value = &self.placed_at;
        record = record
            .timestamp(
                <Timestamp as ::kafka_sdk::typed::EventTime>::to_timestamp(value),
            );
        ::core::result::Result::Ok(record)
    }
    fn from_message(message: &::kafka_sdk::Message) -> ::kafka_sdk::Result<Self> {
        let mut decoded: Self = ::kafka_sdk::typed::decode_value(message)?;
        decoded.trace = ::kafka_sdk::typed::optional_header(
            message,
            "trace-id",
            "trace",
        )?;
        decoded.tenant_id = ::kafka_sdk::typed::header(
            message,
            "tenant-id",
            "tenant_id",
        )?;
        ::core::result::Result::Ok(decoded)
    }
}
