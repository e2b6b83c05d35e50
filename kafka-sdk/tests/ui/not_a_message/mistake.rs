#![allow(dead_code)]

struct Order;

async fn send(producer: kafka_sdk::Producer, order: Order) {
    let _ = producer.of::<Order>().await.unwrap().send(&order).await;
}

fn main() {}
