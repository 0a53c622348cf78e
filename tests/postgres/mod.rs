mod certificates;
pub mod connect;
