/// Nobody dies in the models.
pub struct Owners;

impl Owners {
    pub fn is_alive(&self, _owner: u32) -> bool {
        true
    }
}
